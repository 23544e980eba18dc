import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { sha256, tokenText } from '@streamforge/access'
import { buildImages, loadImages } from '@streamforge/images'
import type { InfluxdbServer, MlflowServer } from '@streamforge/servers'
import { runningKubernetes, startKubernetes, type KubernetesServer } from '@streamforge/servers/kubernetes'
import { applyOverlay, startClusterServers } from './cluster-servers.ts'

/** What the proof needs; the rest of the overlay is scaled to nothing, for one machine carries the cluster, its servers and the test. */
const services = ['queue-manager', 'store-server', 'exchange-simulator', 'influx-connector']
const workers = ['loader-api', 'loader-ws', 'arango-connector', 'processor', 'graph-builder', 'trainer', 'predictor']
const idle = ['dashboard', 'feed-fetcher', 'feed-connector', 'sentiment', 'alerter', 'predictor']

export interface Cluster {
  /** For queue-manager, with all rights. */
  token: string
  /** Of queue-manager and of the simulator, from this machine. */
  url: string
  exchangeUrl: string
  influxdb: InfluxdbServer
  mlflow: MlflowServer
  kubectl(...args: string[]): Promise<string>
  /** Deletes one pod of a worker, if there is one; returns its name. */
  deleteWorker(random: () => number): Promise<string | undefined>
  restartQueueManager(): Promise<void>
  /** Nobody gets an answer of the API server for so many milliseconds; it ends none of its connections. */
  withoutApiServer(ms: number): Promise<void>
  /** Sets the simulator's faults; an empty list takes them away. */
  faults(faults: readonly object[]): Promise<void>
  close(): Promise<void>
}

/**
 * The local overlay on this machine's Kubernetes, with images of these sources and real servers on the host, each service as its own user of Kafka.
 * A cluster that runs is taken, and left running; `images: 'loaded'` takes the images that it has.
 */
export async function startCluster(symbols: readonly string[], { images, say }: { images: 'built' | 'loaded'; say: (line: string) => void }): Promise<Cluster> {
  const closing: (() => Promise<unknown>)[] = []
  const token = tokenText(randomBytes(32))
  const close = async () => {
    for (const step of closing.reverse()) await step().catch((error: unknown) => say(`while ending: ${String(error)}`))
  }
  const took = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const since = performance.now()
    const result = await work()
    say(`${what}: ${((performance.now() - since) / 1000).toFixed(1)} s`)
    return result
  }
  try {
    const cluster = await runningKubernetes() ?? await took('Kubernetes up', () => startOwn(closing))
    if (images === 'built') {
      const built = await took('images built', () => buildImages({ apps: [...services, ...workers], log: say }))
      await took('images loaded', () => loadImages(built))
    }
    const servers = await took('Kafka, MinIO, InfluxDB and MLflow up', () => startClusterServers())
    closing.push(() => servers.stop())
    const kubectl = (...args: string[]) => cluster.kubectl('-n', 'stf', ...args)
    closing.push(() => cluster.kubectl('delete', 'namespace', 'stf', '--wait=true', '--timeout=120s'))
    await applyOverlay(cluster, servers)
    await kubectl('scale', '--replicas=0', ...idle.map((name) => `deployment/${name}`))
    await kubectl('set', 'env', 'deployment/exchange-simulator', `SYMBOLS=${symbols.join(',')}`, 'WS_RATE=100')
    await kubectl('set', 'env', 'deployment/queue-manager', 'MAX_ACTIVE_QUEUES=4', 'BACKOFF_INITIAL_MS=200', 'DATA_PARTITIONS=4', `API_TOKEN_SHA256=${sha256(token)}`, 'LEASE_MS=5000')
    await took('services ready', async () => {
      for (const name of ['statefulset/store-server', ...services.filter((service) => service !== 'store-server').map((service) => `deployment/${service}`)]) {
        await kubectl('rollout', 'status', name, '--timeout=180s')
      }
    })
    const addressOf = async (service: string, port: number) => `http://${await kubectl('get', 'service', service, '-o', 'jsonpath={.spec.clusterIP}')}:${port}`
    const exchangeUrl = await addressOf('exchange-simulator', 8090)
    return {
      token, url: await addressOf('queue-manager', 8080), exchangeUrl, kubectl, close, influxdb: servers.influxdb, mlflow: servers.mlflow,
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
      async withoutApiServer(ms) {
        const server = cluster.pids['kube-apiserver']!
        process.kill(server, 'SIGSTOP')
        // How long it is away is what is tried here.
        await delay(ms).finally(() => process.kill(server, 'SIGCONT'))
      },
      async faults(faults) {
        await whenReachable(`${exchangeUrl}/_simulator/faults`, { method: 'DELETE' })
        if (faults.length === 0) return
        const answer = await whenReachable(`${exchangeUrl}/_simulator/faults`, { method: 'POST', body: JSON.stringify(faults), headers: { 'content-type': 'application/json' } })
        if (!answer.ok) throw new Error(`the simulator refused the faults: ${await answer.text()}`)
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** A node that was not heard of for a minute is taken for lost at first, and its services lead nowhere until it is heard again. */
async function whenReachable(url: string, init: RequestInit, patienceMs = 120_000): Promise<Response> {
  const until = performance.now() + patienceMs
  for (;;) {
    try {
      return await fetch(url, init)
    } catch (error) {
      if (performance.now() > until) throw error
      await delay(500)
    }
  }
}

async function startOwn(closing: (() => Promise<unknown>)[]): Promise<KubernetesServer> {
  const started = await startKubernetes()
  closing.push(() => started.stop())
  return started
}
