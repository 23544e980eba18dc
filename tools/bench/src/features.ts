import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recordKey, type Candle, type Trade } from '@streamforge/contracts'
import { FeatureReducer, seededRandom } from '@streamforge/market'
import { connectStore, type Store } from '@streamforge/store'
import type { BenchmarkResult } from './row.ts'

const benchmark = 'features'
const bars = 10_000
const tradesPerBar = 50
const minute = 60_000
const from = Date.UTC(2025, 0, 1)
const repeats = 5
const target = '100,000 records/s'

type Input = Candle | Trade

/**
 * Records a second that become feature rows: by the reducer alone, over candles and trades, and over candles only (a row each); and with the
 * reading of the embedded store before it, as the processor does.
 */
export async function benchFeatures(): Promise<BenchmarkResult> {
  const mixed = makeRecords(tradesPerBar)
  const candles = mixed.filter((record) => record.kind === 'candle')
  return [
    { benchmark, subject: `reducer, candles with ${tradesPerBar} trades each`, value: Math.round(median(() => reduce(mixed))), unit: 'records/s of processor time', target },
    { benchmark, subject: 'reducer, candles only', value: Math.round(median(() => reduce(candles))), unit: 'records/s of processor time', target },
    { benchmark, subject: 'from the embedded store, the same mix', value: Math.round(await fromStore(mixed)), unit: 'records/s of processor time', target },
  ]
}

function makeRecords(trades: number): Input[] {
  const random = seededRandom('bench features')
  const records: Input[] = []
  let price = 50_000
  for (let bar = 0; bar < bars; bar++) {
    const open_time = from + bar * minute
    price *= Math.exp((random() - 0.5) * 0.002)
    for (let i = 0; i < trades; i++) {
      records.push({
        kind: 'trade', venue: 'binance', symbol: 'BTCUSDT', trade_id: bar * trades + i, price, quantity: random(), buyer_maker: random() < 0.5,
        event_time: open_time + Math.floor((i * minute) / trades), known_time: open_time + minute, backfilled: true,
      })
    }
    records.push({
      kind: 'candle', venue: 'binance', symbol: 'BTCUSDT', interval: '1m', open_time, open: price, high: price * 1.001, low: price * 0.999, close: price, volume: trades * random(),
      event_time: open_time + minute, known_time: open_time + minute, backfilled: true,
    })
  }
  return records
}

const newReducer = (trades: boolean) =>
  new FeatureReducer({ venue: 'binance', symbol: 'BTCUSDT', interval: '1m', range: { from, to: from + bars * minute }, trades, quotes: false, articles: false })

/** Records a second of one go over all. */
function reduce(records: readonly Input[]): number {
  const reducer = newReducer(records.some((record) => record.kind === 'trade'))
  const seconds = processorSeconds()
  let rows = 0
  for (const record of records) rows += reducer.step(record).length
  rows += reducer.closeThrough(from + bars * minute).length
  const rate = records.length / seconds()
  if (rows !== bars) throw new Error(`${rows} rows of ${bars} bars`)
  return rate
}

/** Seconds of all processors that this process has used since: not what it has waited for on a machine that others use too. */
function processorSeconds(): () => number {
  const began = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(began)
    return (user + system) / 1e6
  }
}

/** The first runs warm the compiler up and do not count. */
function median(measure: () => number): number {
  for (let i = 0; i < 2; i++) measure()
  return Array.from({ length: repeats }, measure).sort((a, b) => a - b)[repeats >> 1]!
}

async function fromStore(records: readonly Input[]): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-bench-features-'))
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  try {
    for (const kind of ['candle', 'trade'] as const) {
      await store.ensureCollection(`${kind}s`)
      await store.writeBatch(`${kind}s`, records.filter((record) => record.kind === kind).map((record) => ({ _key: recordKey(record), ...record })))
    }
    const reducer = newReducer(true)
    const seconds = processorSeconds()
    let rows = 0
    for await (const record of inOrder(store)) rows += reducer.step(record).length
    rows += reducer.closeThrough(from + bars * minute).length
    const rate = records.length / seconds()
    if (rows !== bars) throw new Error(`${rows} rows of ${bars} bars`)
    return rate
  } finally {
    await store.close()
    await rm(directory, { recursive: true })
  }
}

/** Trades and candles by event time. */
async function* inOrder(store: Store): AsyncGenerator<Input> {
  const candles: Input[] = []
  for await (const batch of store.scan('candles')) candles.push(...batch as unknown as Input[])
  let next = 0
  for await (const batch of store.scan('trades')) {
    for (const trade of batch as unknown as Input[]) {
      while (candles[next] && candles[next]!.event_time <= trade.event_time) yield candles[next++]!
      yield trade
    }
  }
  yield* candles.slice(next)
}
