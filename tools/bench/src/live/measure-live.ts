import { loadavg } from 'node:os'
import { join } from 'node:path'
import { connectBus, type Bus } from '@streamforge/bus'
import type { Workflow } from '@streamforge/contracts'
import { connectStore } from '@streamforge/store'
import { countTopic } from './count-topic.ts'
import { addHistograms, between, countOf, readCounter, readHistogram, type Histogram } from './histogram.ts'
import { inspectable, readLiveHeap } from './live-heap.ts'
import { openPage } from './page-delay.ts'
import { startPlatformProcess, type PlatformProcess } from './platform-process.ts'
import { isRealTime, watchProcesses, type ProcessUse } from './processes.ts'
import type { QueueProof } from './proof.ts'
import { pauseExchange, readTruth, toldInAll, type ExchangeTruth } from './simulator.ts'
import { until, workflowApi } from './workflow.ts'

/** What loaders may ask of the system, see docs/LIVE.md. */
export const schedulings = ['ordinary', 'realtime'] as const

export interface LiveLoad {
  readonly minutes: number
  /** Messages a second of all symbols together. */
  readonly rate: number
  readonly symbols: readonly string[]
  /** Seconds before anything is measured: processes start, compile and fill their heaps. */
  readonly warmUpSeconds: number
  readonly scheduling: (typeof schedulings)[number]
  readonly say: (line: string) => void
}

export interface LiveMeasurement {
  readonly load: LiveLoad
  readonly seconds: number
  /** Messages a second that the exchange told, and frames a second that the loaders read, while it was measured. */
  readonly offered: number
  readonly received: number
  /** Frame received to record acknowledged, seconds. */
  readonly toTopic: Histogram
  readonly page: { readonly client: string; readonly received: Histogram; readonly painted: Histogram | undefined }
  readonly processes: ReadonlyMap<string, ProcessUse>
  /** Megabytes that each service needs after a collection, before and after it was measured. */
  readonly liveHeaps: ReadonlyMap<string, { readonly before: number; readonly after: number }>
  /** Of the loaders, over the whole run. */
  readonly counts: { readonly pauses: number; readonly losses: number; readonly badFrames: number; readonly slowReaderLosses: number }
  readonly queues: readonly QueueProof[]
  readonly deadLetters: number
  /** Loader processes that the system ran before ordinary ones. */
  readonly realTimeLoaders: number
  /** Of the last minute of the measurement. */
  readonly load1: number
  /** Cores that the machine kept busy while its processes were watched. */
  readonly machineCores: number
  /** Seconds that the connectors took to store what was left once the exchange stood still. */
  readonly drainSeconds: number
}

const types = ['ws_trades', 'ws_orderbook'] as const
/** Loaders that are behind the exchange by less have caught up: what is told while both are asked counts as well. */
const caughtUpSeconds = 0.5

/** Runs one live workflow on the whole platform at a given rate, and measures it while and after it runs. */
export async function measureLive(load: LiveLoad): Promise<LiveMeasurement> {
  const { say, symbols } = load
  say('starting the platform')
  const platform = await startPlatformProcess({
    NOW: 'real', WS_RATE: String(load.rate / symbols.length), WS_KEEP_TRADES: '50000', MAX_LIVE_QUEUES: String(types.length * symbols.length),
    SYMBOLS: symbols.join(','), LIVE_SCHEDULING: load.scheduling, ...inspectable,
  })
  try {
    return await measureOn(platform, load)
  } finally {
    await platform.stop()
  }
}

async function measureOn(platform: PlatformProcess, load: LiveLoad): Promise<LiveMeasurement> {
  const { say, symbols } = load
  const api = workflowApi(platform.api)
  const { workflow_id: id } = await api.submit({ symbols: [...symbols], types: [...types], time_range: `${new Date().toISOString().slice(0, 10)}:` })
  const expected = types.length * symbols.length
  await until('every queue stores records', 120_000, async () => {
    const { queues } = await api.read(id)
    const failed = queues.flatMap(({ jobs }) => jobs).find(({ attempt, error }) => attempt > 1 && error)
    if (failed) throw new Error(`${failed.target} failed: ${failed.error?.message}; KEEP_DATA=1 keeps ${platform.dataDir} and its logs`)
    return queues.every(({ jobs }) => jobs.every(({ records_written }) => records_written > 0))
  })
  const page = await openPage(platform.dashboard, symbols[0]!)
  const watch = watchProcesses({
    dataDir: platform.dataDir, trees: () => new Map([...(page.pid === undefined ? [] : [['chromium', page.pid] as const])]),
  })
  try {
    say(`${expected} queues are live; warming up for ${load.warmUpSeconds} s`)
    await until(`${page.client} is shown trades of ${symbols[0]}`, 60_000, async () => countOf((await page.read()).received) > 0)
    await pause(load.warmUpSeconds)
    const heapsBefore = await readLiveHeaps(watch.services())
    // Asking stopped every process for some tenths of a second: what gathered meanwhile is no part of the load.
    await pause(load.warmUpSeconds)
    say('waiting until the loaders have read what gathered meanwhile')
    await until('the loaders have read what the exchange told', 300_000, async () => {
      const { truth, frames } = await readLoaders(platform)
      return toldInAll(truth) - frames < load.rate * caughtUpSeconds
    })
    await page.reset()
    const [before, seconds, after] = await sampleOver(platform, load)
    const delays = await page.read()
    const heapsAfter = await readLiveHeaps(watch.services())
    const [load1, machineCores] = [loadavg()[0]!, watch.machineCores()]
    say('measured; the exchange stands still, what is left is stored')
    const truth = await pauseExchange(platform.simulator)
    const drainSeconds = await drain(platform, api, id)
    const loaders = await readLoaders(platform)
    const realTimeLoaders = await countRealTimeLoaders(watch.services())
    await watch.stop()
    await page.close()
    const ended = await stopWorkflow(api, id)
    say('stopped; counting')
    return {
      load, seconds, load1, machineCores, drainSeconds, realTimeLoaders,
      offered: (toldInAll(after.truth) - toldInAll(before.truth)) / seconds,
      received: (after.frames - before.frames) / seconds,
      toTopic: between(before.toTopic, after.toTopic),
      page: { client: page.client, ...delays },
      processes: watch.uses(), liveHeaps: pairs(heapsBefore, heapsAfter), counts: loaders.counts, ...await countAll(platform, ended, truth),
    }
  } finally {
    await watch.stop()
    await page.close().catch(() => undefined)
  }
}

async function readLiveHeaps(services: ReadonlyMap<string, number>): Promise<Map<string, number>> {
  const heaps = new Map<string, number>()
  // One after another: a collection stops its process, and all at once would stop the machine.
  for (const [name, pid] of services) {
    const megabytes = await readLiveHeap(pid)
    if (megabytes !== undefined) heaps.set(name, megabytes)
  }
  return heaps
}

async function countRealTimeLoaders(services: ReadonlyMap<string, number>): Promise<number> {
  const loaders = [...services].filter(([name]) => name.startsWith('loader-ws'))
  return (await Promise.all(loaders.map(([, pid]) => isRealTime(pid)))).filter(Boolean).length
}

const pairs = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>) =>
  new Map([...after].flatMap(([name, megabytes]) => (before.has(name) ? [[name, { before: before.get(name)!, after: megabytes }] as const] : [])))

interface Reading {
  readonly truth: ExchangeTruth
  readonly toTopic: Histogram
  readonly frames: number
  readonly counts: LiveMeasurement['counts']
}

async function sampleOver(platform: PlatformProcess, { minutes, say }: LiveLoad): Promise<[Reading, number, Reading]> {
  const before = await readLoaders(platform)
  const begun = performance.now()
  for (let left = minutes * 60; left > 0; left -= 60) {
    say(`measuring, ${Math.ceil(left)} s left`)
    await pause(Math.min(60, left))
  }
  const after = await readLoaders(platform)
  return [before, (performance.now() - begun) / 1000, after]
}

async function readLoaders(platform: PlatformProcess): Promise<Reading> {
  const addresses = await platform.metricsOf('loader-ws')
  const [truth, ...texts] = await Promise.all([
    readTruth(platform.simulator), ...addresses.map(readMetrics),
  ])
  const counter = (name: string) => texts.reduce((sum, text) => sum + readCounter(text, `streamforge_live_${name}_total`), 0)
  return {
    truth, toTopic: addHistograms(texts.map((text) => readHistogram(text, 'streamforge_live_frame_to_topic_seconds'))), frames: counter('frames'),
    counts: { pauses: counter('pauses'), losses: counter('losses'), badFrames: counter('bad_frames'), slowReaderLosses: counter('slow_reader_losses') },
  }
}

/** Of a job that has ended, nothing: it was replaced, which the report tells. */
const readMetrics = (address: string) => fetch(address).then((response) => response.text(), () => '')

/** Until the loaders read nothing any more, and no connector has anything left to store; resolves with the seconds that took. */
async function drain(platform: PlatformProcess, api: ReturnType<typeof workflowApi>, id: string): Promise<number> {
  const begun = performance.now()
  const { queues } = await api.read(id)
  let before = -1
  await until('the loaders have read what was sent', 120_000, async () => {
    const { frames, truth } = await readLoaders(platform)
    // A loader that lost its connection never reads all: then it is enough that nothing comes.
    const done = frames === before || frames === toldInAll(truth)
    before = frames
    if (!done) await pause(1)
    return done
  })
  await withBus(platform, (bus) => until('all is stored', 300_000, async () => {
    const lags = await Promise.all(queues.map((queue) => bus.admin.lag(`arango-connector.${queue.queue_id}`, queue.kafka_topic)))
    return lags.flat().every(({ lag }) => lag === 0n)
  }))
  return (performance.now() - begun) / 1000
}

async function stopWorkflow(api: ReturnType<typeof workflowApi>, id: string): Promise<Workflow> {
  await api.stop(id)
  return until('the workflow is stopped', 600_000, async () => {
    const workflow = await api.read(id)
    return ['stopped', 'finished', 'failed'].includes(workflow.status) && workflow
  })
}

async function countAll(platform: PlatformProcess, { queues }: Workflow, truth: ExchangeTruth): Promise<Pick<LiveMeasurement, 'queues' | 'deadLetters'>> {
  const store = await connectStore({ kind: 'embedded', file: join(platform.dataDir, 'store.db') })
  try {
    return await withBus(platform, async (bus) => {
      const counts: QueueProof[] = []
      for (const queue of queues) {
        const channels = queue.type === 'ws_trades' ? ['aggTrade'] : ['depth', 'bookTicker']
        counts.push({
          queue, told: channels.reduce((sum, channel) => sum + (truth.streams[`${queue.symbol}@${channel}`] ?? 0), 0),
          topic: await countTopic(bus, queue.kafka_topic), stored: await store.count(queue.collection_name),
        })
      }
      const letters = await bus.admin.describeTopic('dead-letters').then(({ partitions }) => partitions, () => [])
      return { queues: counts, deadLetters: letters.reduce((sum, { earliest, latest }) => sum + Number(latest - earliest), 0) }
    })
  } finally {
    await store.close()
  }
}

async function withBus<T>(platform: PlatformProcess, work: (bus: Bus) => Promise<T>): Promise<T> {
  const bus = await connectBus({ kind: 'embedded', directory: join(platform.dataDir, 'bus') })
  try {
    return await work(bus)
  } finally {
    await bus.close()
  }
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))
