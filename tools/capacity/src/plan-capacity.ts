import { intervalLengths } from '@streamforge/contracts'
import type { Costs } from './costs.ts'
import type { Load } from './load.ts'
import { rateOfSymbols, streams } from './market-activity.ts'
import type { NodeSize } from './node-size.ts'
import { packNodes, type Pods } from './pack-nodes.ts'

export interface PlanOptions {
  costs: Costs
  node: NodeSize
  /** Live queues that share one process. */
  groupSize: number
  /** Copies of each message among the brokers. */
  replication: number
}

export interface Rate {
  what: string
  /** Messages a second. */
  mean: number
  busy: number
  /** Bytes a second, on average. */
  bytes: number
}

export interface CapacityPlan {
  rates: Rate[]
  queues: number
  /** WebSocket streams, and the connections that the venue's limit of 1,024 streams a connection needs at least. */
  streams: number
  connections: number
  pods: Pods[]
  nodes: number
  kafka: { brokers: number; partitions: number; diskGb: number }
  storeGbADay: number
  storeGb: number
  /** Hours of loading the history: what the venue's limit of request weight allows, and what our processes need. */
  historyHours?: { venue: number; work: number; records: number }
}

/** A core is planned to be busy for this part of the time on average, and to hold out in a busy second. */
const usual = 0.5
const streamsOfConnection = 1_024
/** Apache's own advice for brokers without further measures. */
const partitionsOfBroker = 4_000
const weightAMinute = 6_000

/** Turns a load and what work costs into processes, partitions, disks and nodes. Pure: the same load makes the same plan. */
export function planCapacity(load: Load, { costs, node, groupSize, replication }: PlanOptions): CapacityPlan {
  const rates = liveRates(load)
  const sum = (pick: (rate: Rate) => number) => rates.reduce((total, rate) => total + pick(rate), 0)
  const [mean, busy, bytes] = [sum((r) => r.mean), sum((r) => r.busy), sum((r) => r.bytes)]
  const queues = load.symbols * (Number(load.live.trades) + Number(load.live.books) + load.live.candles.length)
  const streamCount = load.symbols * (Number(load.live.trades) + 2 * Number(load.live.books) + load.live.candles.length)
  const brokers = brokersFor({ queues, replication, cores: mean * costs.broker_us * replication / 1e6 })
  const books = load.live.books ? load.symbols : 0
  const pods = [
    ...workers('loader-ws', { queues, groupSize, mean, busy, us: costs.loader_us, megabytes: costs.loader_mb, more: books * costs.book_mb }),
    ...workers('arango-connector', { queues, groupSize, mean, busy, us: costs.connector_us, megabytes: costs.connector_mb, more: 0 }),
    ...services(queues),
    ...(queues ? [{ app: 'kafka', count: brokers, cores: upTo(Math.max(0.5, mean * costs.broker_us * replication / 1e6 / brokers / usual)), megabytes: 2_048 }] : []),
  ]
  const storeGbADay = bytes * 86_400 / 1e9
  return {
    rates, queues, streams: streamCount, connections: Math.ceil(streamCount / streamsOfConnection), pods, nodes: packNodes(pods, node),
    kafka: { brokers, partitions: queues, diskGb: bytes * 3_600 * load.topicHours * replication / 1e9 },
    storeGbADay, storeGb: storeGbADay * load.keepDays,
    ...(load.history && { historyHours: history(load, costs) }),
  }
}

function liveRates({ symbols, live }: Load): Rate[] {
  const rate = (what: string, stream: (typeof streams)[keyof typeof streams]): Rate => {
    const { mean, busy } = rateOfSymbols(stream, symbols)
    return { what, mean, busy, bytes: mean * stream.bytes }
  }
  // Open candles come every two seconds at most and are only shown; the closed ones are few.
  const candles = live.candles.map((interval): Rate => ({ what: `${interval} candles`, mean: symbols / 2, busy: symbols / 2, bytes: symbols * 2 }))
  return [
    ...(live.trades ? [rate('trades', streams.trades)] : []),
    ...(live.books ? [rate('book diffs', streams.diffs), rate('best bids and offers', streams.tickers)] : []),
    ...candles,
  ]
}

interface Work {
  queues: number
  groupSize: number
  mean: number
  busy: number
  us: number
  megabytes: number
  more: number
}

/** As many processes as groups of queues, or more where a busy second would take more than a core of each. */
function workers(app: string, { queues, groupSize, mean, busy, us, megabytes, more }: Work): Pods[] {
  if (!queues) return []
  const count = Math.max(Math.ceil(queues / groupSize), Math.ceil(busy * us / 1e6), Math.ceil(mean * us / 1e6 / usual))
  return [{ app, count: Math.min(count, queues), cores: upTo(mean * us / 1e6 / count / usual), megabytes: Math.ceil(megabytes + more / count) }]
}

/** What always runs, from the manifests' own requests; queue-manager's grows with the events that it reads, one a queue and job every few seconds. */
function services(queues: number): Pods[] {
  return [
    { app: 'queue-manager', count: 1, cores: upTo(Math.max(0.1, queues * 2 * 0.2 * 200 / 1e6 / usual)), megabytes: 256 + Math.ceil(queues / 20) },
    { app: 'dashboard', count: 1, cores: 0.2, megabytes: 256 },
    { app: 'store', count: 1, cores: 1, megabytes: 2_048 },
  ]
}

function brokersFor({ queues, replication, cores }: { queues: number; replication: number; cores: number }): number {
  if (!queues) return 0
  return Math.max(replication, Math.ceil(queues * replication / partitionsOfBroker), Math.ceil(cores / usual / 2))
}

const dayMs = 86_400_000

function history({ symbols, history: asked }: Load, costs: Costs): { venue: number; work: number; records: number } {
  const { days, trades, candles } = asked!
  const candlesEach = candles.reduce((sum, interval) => sum + days * dayMs / (intervalLengths[interval] ?? 30 * dayMs), 0)
  const tradeCount = trades ? rateOfSymbols(streams.trades, symbols).mean * 86_400 * days : 0
  const records = candlesEach * symbols + tradeCount
  const weight = candlesEach * symbols / 1_000 * 2 + tradeCount / 1_000 * 4
  return { records, venue: weight / weightAMinute / 60, work: records * costs.history_us / 1e6 / 3_600 }
}

/** Hundredths of a core, upwards. */
const upTo = (cores: number) => Math.max(0.05, Math.ceil(cores * 100) / 100)
