import type { Assignment, Checkpoint, DataMessage, DataType } from '@streamforge/contracts'
import type { Bus } from '@streamforge/bus'
import { liveVenueNamed, venueNamed, type FeedCounts, type LiveFeedOptions } from '@streamforge/market'
import { abortableDelay, type WorkerProgress, type WorkerResult } from '@streamforge/service'
import type { FakeExchange } from './fake-exchange.ts'
import type { LanePace } from './lane.ts'
import { runLive } from './run-live.ts'

/** A topic in memory: keeps what it acknowledged; `publish` may be told to wait or to fail. */
export interface FakeTopic {
  messages: DataMessage[]
  waiters: Set<() => void>
  bus: Pick<Bus, 'publish' | 'admin'>
}

export function fakeTopic(partitions = 1, before: () => Promise<void> = () => Promise.resolve()): FakeTopic {
  const topic: FakeTopic = {
    messages: [], waiters: new Set(),
    bus: {
      admin: {
        describeTopic: (name: string) => Promise.resolve({
          name, retentionMs: undefined,
          partitions: Array.from({ length: partitions }, (_, partition) => ({ partition, earliest: 0n, latest: BigInt(topic.messages.length) })),
        }),
        peek: (_topic: string, { offset = 0n, limit }: { offset?: bigint; limit: number }) => Promise.resolve(
          topic.messages.slice(Number(offset), Number(offset) + limit).map((m, i) => ({ offset: offset + BigInt(i), value: Buffer.from(JSON.stringify(m)) }))),
      } as unknown as Bus['admin'],
      async publish(_topic, outgoing) {
        await before()
        const offset = topic.messages.length
        topic.messages.push(...outgoing.map((m) => JSON.parse(String(m.value)) as DataMessage))
        for (const waiter of topic.waiters) waiter()
        return outgoing.map((m, i) => ({ partition: m.partition!, offset: BigInt(offset + i) }))
      },
    },
  }
  return topic
}

/** Resolves as soon as the topic's messages satisfy the condition. */
export function until(topic: FakeTopic, condition: (messages: readonly DataMessage[]) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!condition(topic.messages)) return
      topic.waiters.delete(check)
      resolve()
    }
    topic.waiters.add(check)
    check()
  })
}

export const ofKind = <K extends DataMessage['kind']>(topic: FakeTopic, kind: K) =>
  topic.messages.filter((m): m is Extract<DataMessage, { kind: K }> => m.kind === kind)
export const tradeIds = (topic: FakeTopic) => ofKind(topic, 'trade').map((t) => t.trade_id)

export interface LiveRun {
  progress: WorkerProgress[]
  messages(): string
  counts: FeedCounts
  stop(): void
  kill(): void
  result: Promise<WorkerResult>
}

export interface LiveScenario {
  exchange: FakeExchange
  topic: FakeTopic
  type?: DataType
  symbol?: string
  range?: string
  checkpoint?: Checkpoint
  feed?: Omit<LiveFeedOptions, 'venue' | 'streams'>
  pace?: Partial<LanePace>
  now?: () => number
}

const quick: Partial<LanePace> = { reorderMs: 5, askAgainMs: [1, 1], quietMs: 60_000, openCandleMs: 0 }
const quickFeed = { retryMinimumMs: 1, retryMaximumMs: 10, overlapMs: 20 }

/** Runs live assignments against the fake exchange in one process, each with its own stop. */
export function runScenarios(scenarios: readonly LiveScenario[]): LiveRun[] {
  const { exchange, feed, pace, now } = scenarios[0]!
  const log = { info: () => undefined, warn: () => undefined }
  const client = venueNamed('binance').open({ urls: { rest: exchange.rest }, sleep: () => Promise.resolve(), random: () => 0.5, log, weightLimit: 0 })
  const controllers = scenarios.map(() => ({ stop: new AbortController(), markers: true }))
  const runs = scenarios.map((): Omit<LiveRun, 'result'> & { counts: FeedCounts } => ({
    progress: [], messages() { return this.progress.map((p) => p.message).join('\n') }, counts: undefined as unknown as FeedCounts, stop: () => undefined, kill: () => undefined,
  }))
  const { results, closed } = runLive(scenarios.map((scenario, i) => ({
    assignment: assignmentOf(scenario), bus: scenario.topic.bus, log, signal: controllers[i]!.stop.signal, endsWithMarkers: () => controllers[i]!.markers,
    progress: (p) => { runs[i]!.progress.push(structuredClone(p)) },
  })), {
    venue: liveVenueNamed('binance'), client, log, now: now ?? Date.now, random: () => 0.5,
    sleep: async (ms, signal) => {
      await abortableDelay(ms, signal)
      signal.throwIfAborted()
    },
    feed: { url: exchange.ws, ...feed, pace: { ...quickFeed, ...feed?.pace }, limits: { messagesPerSecond: 1000, ...feed?.limits } },
    pace: { ...quick, ...pace }, onCounts: (counts) => { for (const run of runs) run.counts = counts },
  })
  void closed.then(() => client.close())
  for (const result of results) result.catch(() => undefined)
  return runs.map((run, i) => Object.assign(run, {
    stop: () => controllers[i]!.stop.abort(),
    kill: () => {
      controllers[i]!.markers = false
      controllers[i]!.stop.abort()
    },
    result: results[i]!,
  }))
}

export const runScenario = (scenario: LiveScenario): LiveRun => runScenarios([scenario])[0]!

function assignmentOf({ type = 'ws_trades', symbol = 'BTCUSDT', range = '2024-08-01:', checkpoint = [] }: LiveScenario): Assignment {
  return {
    queue_id: `wf-${symbol.toLowerCase()}-${type}-20240801-a1b2c3`, target: 'loader-producer', venue: 'binance', symbol, type, time_range: range,
    kafka_topic: 'wf-test-data', collection_name: 'btcusdt_test', telemetry_id: 'loader-producer__a1b2c3', attempt: 1, shards: [], checkpoint,
  }
}
