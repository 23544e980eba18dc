import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildImages, loadImages } from '@streamforge/images'
import { startInfluxdb, startKafka, startMinio } from '@streamforge/servers'
import { clusterAddresses, runningKubernetes, startKubernetes, type KubernetesServer } from '@streamforge/servers/kubernetes'

const overlay = resolve(import.meta.dirname, '../../../../k8s/overlays/local')
/** What scenario 1 needs; the rest of the overlay is scaled to nothing, for one machine carries the cluster, its servers and the test. */
const services = ['queue-manager', 'store-server', 'exchange-simulator', 'influx-connector']
const workers = ['loader-api', 'arango-connector', 'processor', 'graph-builder', 'trainer', 'predictor']
const idle = ['dashboard', 'feed-fetcher', 'feed-connector', 'sentiment', 'alerter']

export interface Cluster {
  /** Of queue-manager and of the simulator, from this machine. */
  url: string
  exchangeUrl: string
  kubectl(...args: string[]): Promise<string>
  /** Deletes one pod of a worker, if there is one; returns its name. */
  deleteWorker(random: () => number): Promise<string | undefined>
  restartQueueManager(): Promise<void>
  close(): Promise<void>
}

/**
 * The local overlay on this machine's Kubernetes, with images of these sources and real servers on the host. One that somebody has applied and
 * that runs is taken as it is, and left running.
 */
export async function startCluster(symbols: readonly string[], say: (line: string) => void): Promise<Cluster> {
  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const step of closing.reverse()) await step().catch((error: unknown) => say(`while ending: ${String(error)}`))
  }
  try {
    const cluster = await runningKubernetes() ?? await startOwn(closing)
    const kubectl = (...args: string[]) => cluster.kubectl('-n', 'stf', ...args)
    if (await kubectl('get', 'deployment', 'queue-manager').then(() => false, () => true)) {
      await loadImages(await buildImages({ apps: [...services, ...workers], log: say }))
      await applyOverlay(cluster, closing)
    }
    await kubectl('set', 'env', 'deployment/exchange-simulator', `SYMBOLS=${symbols.join(',')}`)
    await kubectl('set', 'env', 'deployment/queue-manager', 'MAX_ACTIVE_QUEUES=4', 'BACKOFF_INITIAL_MS=200', 'DATA_PARTITIONS=4')
    await kubectl('scale', '--replicas=0', ...idle.map((name) => `deployment/${name}`))
    for (const name of ['statefulset/store-server', 'deployment/exchange-simulator', 'deployment/queue-manager']) {
      await kubectl('rollout', 'status', name, '--timeout=180s')
    }
    const addressOf = async (service: string, port: number) => `http://${await kubectl('get', 'service', service, '-o', 'jsonpath={.spec.clusterIP}')}:${port}`
    return {
      url: await addressOf('queue-manager', 8080), exchangeUrl: await addressOf('exchange-simulator', 8090), kubectl, close,
      async deleteWorker(random) {
        const listed = await kubectl('get', 'pods', '-l', 'app.kubernetes.io/managed-by=queue-manager', '--field-selector', 'status.phase=Running', '-o', 'name')
        const pods = listed.split('\n').filter((name) => name !== '')
        const pod = pods[Math.floor(random() * pods.length)]
        if (pod !== undefined) await kubectl('delete', pod, '--wait=false', ...(random() < 0.5 ? ['--grace-period=1'] : []))
        return pod
      },
      async restartQueueManager() {
        await kubectl('delete', 'pods', '-l', 'app.kubernetes.io/name=queue-manager', '--grace-period=1')
        await kubectl('rollout', 'status', 'deployment/queue-manager', '--timeout=180s')
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function startOwn(closing: (() => Promise<unknown>)[]): Promise<KubernetesServer> {
  const started = await startKubernetes()
  closing.push(() => started.stop())
  return started
}

async function applyOverlay(cluster: KubernetesServer, closing: (() => Promise<unknown>)[]): Promise<void> {
  const host = clusterAddresses.host
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-cluster-'))
  closing.push(() => rm(directory, { recursive: true, force: true }))
  const [kafka, minio, influxdb] = await Promise.all([startKafka({ host, port: 9092 }), startMinio({ host, port: 9000 }), startInfluxdb({ host, port: 8086 })])
  closing.push(() => Promise.all([kafka, minio, influxdb].map((server) => server.stop())))
  const metadata = { name: 'stf', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } }
  const secret = {
    STORE_TOKEN: randomBytes(24).toString('hex'), S3_ACCESS_KEY: minio.accessKey, S3_SECRET_KEY: minio.secretKey, S3_REGION: minio.region, INFLUX_TOKEN: influxdb.token,
  }
  const file = join(directory, 'secret.json')
  await writeFile(file, JSON.stringify({
    apiVersion: 'v1', kind: 'List', items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'streamforge', namespace: 'stf' }, stringData: secret },
    ],
  }), { mode: 0o600 })
  await cluster.kubectl('apply', '-f', file)
  closing.push(() => cluster.kubectl('delete', 'namespace', 'stf', '--wait=true', '--timeout=120s'))
  await cluster.kubectl('apply', '-k', overlay)
}
