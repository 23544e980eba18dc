import { createHash } from 'node:crypto'
import { canonicalCandle, type Candle, type Workflow, type WorkflowRequestInput } from '@streamforge/contracts'
import { imagesAvailable } from '@streamforge/images'
import { influxdbAvailable, influxdbVersion, kafkaAvailable, kafkaVersion, minioAvailable, minioVersion, mlflowAvailable, mlflowVersion } from '@streamforge/servers'
import { kubernetesAvailable, kubernetesVersion } from '@streamforge/servers/kubernetes'
import { connectTimeSeries } from '@streamforge/timeseries'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiClient, type ApiClient } from '../api-client.ts'
import { isComplete } from '../commands/watch.ts'
import { startCluster, type Cluster } from './cluster-fixture.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

// It builds images and takes minutes and two cores for itself: it runs where it is asked for, by CLUSTER=1; with CLUSTER=loaded on the images that are in the node.
const asked = process.env.CLUSTER
const unavailable = asked !== '1' && asked !== 'loaded'
  ? 'CLUSTER=1 asks for it'
  : (await Promise.all([kubernetesAvailable(), imagesAvailable(), kafkaAvailable(), minioAvailable(), influxdbAvailable(), mlflowAvailable()])).map((a) => (a.ok ? undefined : a.reason)).find((reason) => reason)

const day = 86_400_000
const symbols = ['LINKUSDT', 'LTCUSDT', 'XRPUSDT']

/** The same numbers every time: which pods are deleted does not change from run to run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** What is the same wherever it ran: of each queue the records' hash and number, and what a stage came to. */
const proofOf = ({ queues }: Workflow) => queues.map(({ symbol, type, certificate, result }) => ({
  symbol, type, rows: certificate?.rows_stored, checksum: certificate?.checksum, hash: result?.hash,
})).sort((a, b) => (`${a.type} ${a.symbol}` < `${b.type} ${b.symbol}` ? -1 : 1))

const written = (workflow: Workflow, target: string) =>
  workflow.queues.flatMap((q) => q.jobs).filter((j) => j.target === target).reduce((sum, j) => sum + j.records_written, 0)
const attempts = (workflow: Workflow) => workflow.queues.flatMap((q) => q.jobs).reduce((sum, j) => sum + j.attempt, 0)

const versions = `Kubernetes ${kubernetesVersion}, Kafka ${kafkaVersion} with a user for each service, MinIO ${minioVersion}, InfluxDB ${influxdbVersion}, MLflow ${mlflowVersion}`

describe.skipIf(unavailable !== undefined)(`on ${versions}${unavailable === undefined ? '' : ` (skipped: ${unavailable})`}`, () => {
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  let cluster: Cluster
  let api: ApiClient
  let laptop: SimulatedPlatform
  let to: number
  let trained: Workflow
  beforeAll(async () => {
    cluster = await startCluster(symbols, { images: asked === 'loaded' ? 'loaded' : 'built', say })
    api = openApiClient(cluster.url, { token: cluster.token })
    // The images' backend: sums in another order are other floats.
    laptop = await startSimulatedPlatform({ env: { SYMBOLS: symbols.join(','), MAX_ACTIVE_QUEUES: '3', TENSORS_BACKEND: 'wasm' } })
    to = Math.floor((await (await fetch(`${laptop.platform.exchangeUrl}/api/v3/time`)).json() as { serverTime: number }).serverTime / day) * day
  }, 3_600_000)
  afterAll(async () => {
    await laptop?.close()
    await cluster?.close()
  }, 300_000)

  /** Follows a workflow by asking: queue-manager may be away for a while. */
  async function followed(client: ApiClient, id: string, meanwhile: (workflow: Workflow) => Promise<void> = async () => undefined): Promise<Workflow> {
    for (;;) {
      const workflow = await client.workflow(id).catch(() => undefined)
      if (workflow && !['pending', 'running', 'stopping'].includes(workflow.status)) return workflow
      if (workflow) await meanwhile(workflow)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1)

  it('comes to the same certificates and hashes as on the laptop, though pods are deleted and queue-manager is restarted', { timeout: 900_000 }, async () => {
    const request: WorkflowRequestInput = {
      symbols, types: ['api_candles_5m', 'api_trades'], time_range: `${to - day}:${to}`, options: { max_attempts: 20, shards: 2 },
      pipeline: { type: 'train_gnn', graph: { nearest: 1, kinds: ['correlation', 'sector'] }, training: { window_bars: 8, hidden: 4, epochs: 1, batch_bars: 64 } },
    }
    const random = seeded(7)
    const deleted: string[] = []
    let restarted = false
    let nextDelete = performance.now() + 8_000
    const posted = performance.now()
    const { workflow_id: id } = await api.submit(request)
    const ended = await followed(api, id, async (workflow) => {
      if (!restarted && written(workflow, 'arango-connector') > 0) {
        restarted = true
        await cluster.restartQueueManager()
      }
      if (performance.now() < nextDelete || deleted.length >= 6) return
      nextDelete = performance.now() + 6_000
      const pod = await cluster.deleteWorker(random)
      if (pod !== undefined) deleted.push(pod)
    })
    say(`scenario 1 took ${seconds(posted)} s on the cluster; ${deleted.length} pods deleted, ${attempts(ended)} launches for ${ended.queues.flatMap((q) => q.jobs).length} jobs, queue-manager restarted: ${restarted}`)
    expect([ended.status, ended.reason]).toEqual(['finished', undefined])
    expect(isComplete(ended)).toBe(true)
    expect(restarted && deleted.length > 0).toBe(true)
    const { workflow_id: same } = await laptop.api.submit(request)
    const onLaptop = await followed(laptop.api, same)
    expect(proofOf(ended)).toEqual(proofOf(onLaptop))
    expect(proofOf(ended)).toHaveLength(2 * symbols.length + 4)
    trained = ended
  })

  it('has the model at MLflow, and the bars that the certificates are of in InfluxDB', { timeout: 120_000 }, async () => {
    const { influxdb, mlflow } = cluster
    const registered = await (await fetch(`${mlflow.url}/api/2.0/mlflow/registered-models/search`)).json() as { registered_models: { name: string; latest_versions?: unknown[] }[] }
    expect(registered.registered_models).toHaveLength(1)
    expect(registered.registered_models[0]!.latest_versions).not.toEqual([])
    say(`MLflow has ${registered.registered_models[0]!.name}`)
    const series = await connectTimeSeries({ kind: 'influx', url: influxdb.url, token: influxdb.token, org: influxdb.org, bucket: 'streamforge' })
    const barsOf = async (symbol: string) => {
      const rows = await series.query({ measurement: 'candles', from: to - day, to, tags: { symbol, interval: '5m' } })
      return rows.map(({ time, fields }) => canonicalCandle({ open_time: time, ...fields } as unknown as Candle))
    }
    for (const { symbol, certificate } of trained.queues.filter((queue) => queue.type === 'api_candles_5m')) {
      await expect.poll(async () => (await barsOf(symbol)).length, { timeout: 60_000, interval: 500 }).toBe(certificate!.rows_stored)
      const lines = await barsOf(symbol)
      expect(`sha256:${createHash('sha256').update(lines.map((line) => `${line}\n`).join('')).digest('hex')}`).toBe(certificate!.checksum)
      say(`InfluxDB has ${lines.length} bars of ${symbol} with the certificate's hash`)
    }
    await series.close()
  })

  const jobsOf = (workflow: Workflow, target: string) => workflow.queues.flatMap((q) => q.jobs).filter((j) => j.target === target)

  it('begins within 8 s of the request', { timeout: 600_000 }, async () => {
    const waits: number[] = []
    for (let i = 0; i < 3; i += 1) {
      const posted = performance.now()
      const { workflow_id: id } = await api.submit({ symbols: [symbols[i]!], types: ['api_candles_5m'], time_range: `${to - 3 * day}:${to}`, options: { source: 'rest' } })
      let first: number | undefined
      const ended = await followed(api, id, async (workflow) => {
        if (first === undefined && written(workflow, 'loader-producer') > 0) first = performance.now() - posted
      })
      expect([ended.status, isComplete(ended)]).toEqual(['finished', true])
      waits.push(first ?? performance.now() - posted)
    }
    say(`first record after POST: ${waits.map((ms) => (ms / 1000).toFixed(1)).join(', ')} s, images present`)
    expect(Math.min(...waits)).toBeLessThan(8_000)
  })

  it('follows trades and candles live in one pod of a kind, and proves them complete', { timeout: 600_000 }, async () => {
    const live = ['ws_trades', 'ws_candles_1m'] as const
    const { serverTime } = await (await fetch(`${cluster.exchangeUrl}/api/v3/time`)).json() as { serverTime: number }
    const posted = performance.now()
    const { workflow_id: id } = await api.submit({ symbols, types: [...live], time_range: `${serverTime}:` })
    const stored = async (type: (typeof live)[number]) => {
      const workflow = await api.workflow(id)
      return workflow.queues.filter((q) => q.type === type).map((q) => q.jobs.find((job) => job.target === 'arango-connector')?.records_written ?? 0)
    }
    await expect.poll(async () => Math.min(...await stored('ws_trades')), { timeout: 180_000, interval: 250 }).toBeGreaterThan(500)
    say(`live: 500 trades of each of ${symbols.length} symbols stored ${seconds(posted)} s after POST`)
    const shared = JSON.parse(await cluster.kubectl('get', 'jobs', '-l', 'streamforge.dev/jobs', '-o', 'json')) as { items: { metadata: { labels: Record<string, string> } }[] }
    expect(shared.items.map(({ metadata: { labels } }) => `${labels['target']} ${labels['streamforge.dev/jobs']}`).sort()).toEqual(['arango-connector 6', 'loader-producer 6'])
    await cluster.kubectl('delete', 'pods', '-l', 'streamforge.dev/jobs,target=loader-producer', '--grace-period=1', '--wait=false')
    const before = await stored('ws_trades')
    await expect.poll(async () => (await stored('ws_trades')).every((count, i) => count > before[i]! + 500), { timeout: 180_000, interval: 250 }).toBe(true)
    await expect.poll(async () => Math.min(...await stored('ws_candles_1m')), { timeout: 180_000, interval: 250 }).toBeGreaterThan(0)
    await api.stop(id)
    const ended = await followed(api, id)
    for (const { symbol, type, certificate } of ended.queues) {
      expect({ symbol, type, complete: certificate?.complete, lost: certificate?.lost, dead: certificate?.dead_lettered }).toEqual({ symbol, type, complete: true, lost: 0, dead: 0 })
    }
    say(`live: ${ended.queues.map((q) => `${q.symbol} ${q.type} ${q.certificate!.rows_stored}`).join(', ')} rows stored, its loaders' pod deleted meanwhile`)
  })

  it('loses and doubles nothing when the API server is away for a minute, and when a Job has two pods at once', { timeout: 900_000 }, async () => {
    // Answers come late, so that the load lasts.
    await cluster.faults([{ kind: 'slow', delay_ms: 6_000, path: '/api/v3/aggTrades' }])
    const { workflow_id: id } = await api.submit({ symbols: [symbols[0]!], types: ['api_trades'], time_range: `${to - 6 * day}:${to}`, options: { source: 'rest', max_attempts: 20 } })
    await expect.poll(async () => written(await api.workflow(id), 'loader-producer'), { timeout: 120_000, interval: 250 }).toBeGreaterThan(0)
    const before = written(await api.workflow(id), 'loader-producer')
    let during = 0
    const away = cluster.withoutApiServer(60_000)
    await Promise.all([away, expect.poll(async () => (during = written(await api.workflow(id), 'loader-producer')), { timeout: 60_000, interval: 250 }).toBeGreaterThan(before)])
    // Kubernetes forgets the pod at once and makes another, while the first still runs.
    await expect.poll(() => cluster.kubectl('delete', 'pods', '-l', 'target=loader-producer', '--field-selector=status.phase=Running', '--force', '--grace-period=0').catch(String), { timeout: 60_000, interval: 500 }).toContain('force deleted')
    await cluster.faults([])
    const ended = await followed(api, id)
    say(`API server away for 60 s: ${before} records before, ${during} while it was away; then two pods of one Job: ${ended.status}, ${jobsOf(ended, 'loader-producer')[0]!.attempt} attempts, ${ended.queues[0]!.certificate?.rows_stored} rows stored, ${jobsOf(ended, 'arango-connector')[0]!.duplicates ?? 0} came again`)
    expect([ended.status, isComplete(ended)]).toEqual(['finished', true])
    const { workflow_id: same } = await laptop.api.submit({ symbols: [symbols[0]!], types: ['api_trades'], time_range: `${to - 6 * day}:${to}` })
    expect(proofOf(ended)).toEqual(proofOf(await followed(laptop.api, same)))
  })

  it('loads sooner with four shards than with one where answers take long', { timeout: 900_000 }, async () => {
    await cluster.faults([{ kind: 'slow', delay_ms: 2_000, path: '/api/v3/aggTrades' }])
    const backfill = async (shards: number) => {
      const posted = performance.now()
      const { workflow_id: id } = await api.submit({ symbols: [symbols[2]!], types: ['api_trades'], time_range: `${to - 21 * day}:${to - 11 * day}`, options: { shards, source: 'rest' } })
      const ended = await followed(api, id)
      const certified = performance.now() - posted
      expect([ended.status, isComplete(ended)]).toEqual(['finished', true])
      const { started_at: started, finished_at: finished } = jobsOf(ended, 'loader-producer')[0]!
      say(`${shards} ${shards === 1 ? 'shard' : 'shards'}: ${ended.queues[0]!.certificate!.rows_stored} trades loaded in ${((finished! - started!) / 1000).toFixed(1)} s, certified after ${(certified / 1000).toFixed(1)} s, each answer of the exchange 2 s late`)
      return certified
    }
    // The same range twice: the second finds in the store what the first has brought, which is no disadvantage.
    const four = await backfill(4)
    const one = await backfill(1)
    await cluster.faults([])
    expect(four).toBeLessThan(one)
  })
})
