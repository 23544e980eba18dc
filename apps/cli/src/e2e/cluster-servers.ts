import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { applyAccess } from '@streamforge/kafka-acls'
import { startInfluxdb, startKafka, startMinio, startMlflow, type InfluxdbServer, type MinioServer, type MlflowServer } from '@streamforge/servers'
import { clusterAddresses, type KubernetesServer } from '@streamforge/servers/kubernetes'

const overlay = resolve(import.meta.dirname, '../../../../k8s/overlays/local')

export interface ClusterServers {
  minio: MinioServer
  influxdb: InfluxdbServer
  mlflow: MlflowServer
  /** Of each service's user of Kafka, by its name. */
  kafkaPasswords: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** The servers that the overlay's configuration names, on the address that pods reach. Kafka lets in named users only, and each does what the catalog says. */
export async function startClusterServers(): Promise<ClusterServers> {
  const host = clusterAddresses.host
  const adminPassword = randomBytes(24).toString('hex')
  const started: { stop(): Promise<void> }[] = []
  const stop = async () => void (await Promise.all(started.map((server) => server.stop())))
  const keep = async <T extends { stop(): Promise<void> }>(starting: Promise<T>) => {
    const server = await starting
    started.push(server)
    return server
  }
  const all = await Promise.allSettled([
    keep(startKafka({ host, port: 9092, security: { adminPassword } })), keep(startMinio({ host, port: 9000 })), keep(startInfluxdb({ host, port: 8086 })), keep(startMlflow({ host, port: 5000 })),
  ] as const)
  const [kafka, minio, influxdb, mlflow] = all
  if (kafka.status === 'rejected' || minio.status === 'rejected' || influxdb.status === 'rejected' || mlflow.status === 'rejected') {
    await stop()
    throw new Error(`the cluster's servers did not start: ${all.map((server) => (server.status === 'rejected' ? String(server.reason) : '')).filter(Boolean).join('; ')}`)
  }
  const admin = { brokers: kafka.value.brokers, clientId: 'cluster-proof', sasl: { mechanism: 'scram-sha-512', username: 'admin', password: adminPassword } } as const
  const kafkaPasswords = await makeUsers(admin).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { minio: minio.value, influxdb: influxdb.value, mlflow: mlflow.value, kafkaPasswords, stop }
}

async function makeUsers(admin: Parameters<typeof applyAccess>[0]): Promise<Record<string, string>> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-cluster-users-'))
  try {
    await applyAccess(admin, directory)
    const users = await readdir(directory)
    return Object.fromEntries(await Promise.all(users.map(async (user) => [user, (await readFile(join(directory, user), 'utf8')).trim()] as const)))
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** The overlay with its Secrets: what all share, and for each service its own user of Kafka. */
export async function applyOverlay(cluster: KubernetesServer, { minio, influxdb, mlflow, kafkaPasswords }: ClusterServers): Promise<void> {
  const shared = {
    STORE_TOKEN: randomBytes(24).toString('hex'), S3_ACCESS_KEY: minio.accessKey, S3_SECRET_KEY: minio.secretKey, S3_REGION: minio.region, INFLUX_TOKEN: influxdb.token,
  }
  const secret = (name: string, stringData: Record<string, string>) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'stf' }, stringData })
  const users = Object.entries(kafkaPasswords).map(([user, password]) => secret(`kafka-${user}`, { KAFKA_SASL_USERNAME: user, KAFKA_SASL_PASSWORD: password }))
  await applyObjects(cluster, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'stf', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } }, secret('streamforge', shared), ...users,
  ])
  await cluster.kubectl('apply', '-k', overlay)
  await cluster.kubectl('-n', 'stf', 'patch', 'configmap', 'streamforge', '--type=merge', '-p', JSON.stringify({ data: { MLFLOW_TRACKING_URI: mlflow.url } }))
  // Pods that had begun without it.
  await cluster.kubectl('-n', 'stf', 'rollout', 'restart', 'deployment/queue-manager')
}

async function applyObjects(cluster: KubernetesServer, items: readonly object[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-cluster-'))
  try {
    const file = join(directory, 'objects.json')
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }), { mode: 0o600 })
    await cluster.kubectl('apply', '-f', file)
  } finally {
    await rm(directory, { recursive: true })
  }
}
