import type { Workflow, WorkflowRequestInput } from '@streamforge/contracts'
import { imagesAvailable } from '@streamforge/images'
import { influxdbAvailable, kafkaAvailable, minioAvailable } from '@streamforge/servers'
import { kubernetesAvailable, kubernetesVersion } from '@streamforge/servers/kubernetes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiClient, type ApiClient } from '../api-client.ts'
import { isComplete } from '../commands/watch.ts'
import { startCluster, type Cluster } from './cluster-fixture.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

// It builds images and takes minutes and two cores for itself: it runs where it is asked for, by CLUSTER=1.
const unavailable = process.env.CLUSTER !== '1'
  ? 'CLUSTER=1 asks for it'
  : (await Promise.all([kubernetesAvailable(), imagesAvailable(), kafkaAvailable(), minioAvailable(), influxdbAvailable()])).map((a) => (a.ok ? undefined : a.reason)).find((reason) => reason)

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

describe.skipIf(unavailable !== undefined)(`scenario 1 on Kubernetes ${kubernetesVersion}${unavailable === undefined ? '' : ` (skipped: ${unavailable})`}`, () => {
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  let cluster: Cluster
  let api: ApiClient
  let laptop: SimulatedPlatform
  let to: number
  beforeAll(async () => {
    cluster = await startCluster(symbols, say)
    api = openApiClient(cluster.url)
    // The images' backend: sums in another order are other floats.
    laptop = await startSimulatedPlatform({ env: { SYMBOLS: symbols.join(','), MAX_ACTIVE_QUEUES: '3', TENSORS_BACKEND: 'wasm' } })
    to = Math.floor((await (await fetch(`${laptop.platform.exchangeUrl}/api/v3/time`)).json() as { serverTime: number }).serverTime / day) * day
  }, 900_000)
  afterAll(async () => {
    await laptop?.close()
    await cluster?.close()
    process.stderr.write(`${said.join('\n')}\n`)
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
  })

  it('says how soon the first record is there, and what shards are worth', { timeout: 600_000 }, async () => {
    const backfill = async (shards: number) => {
      const posted = performance.now()
      const { workflow_id: id } = await api.submit({ symbols: [symbols[0]!], types: ['api_trades'], time_range: `${to - day}:${to}`, options: { shards, source: 'rest' } })
      let first: string | undefined
      const ended = await followed(api, id, async (workflow) => {
        if (first === undefined && written(workflow, 'loader-producer') > 0) first = seconds(posted)
      })
      expect([ended.status, isComplete(ended)]).toEqual(['finished', true])
      const { started_at: from, finished_at: until } = ended.queues[0]!.jobs[0]!
      say(`${shards} ${shards === 1 ? 'shard' : 'shards'}: first record ${first ?? '?'} s after POST, loading ${((until! - from!) / 1000).toFixed(1)} s, certified ${seconds(posted)} s, ${ended.queues[0]!.certificate!.rows_stored} trades`)
    }
    await backfill(1)
    await backfill(4)
  })
})
