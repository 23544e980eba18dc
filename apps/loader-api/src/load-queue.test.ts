import { Candle, StreamForgeError, Trade } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import type { Fault } from './fake-binance.ts'
import { FIVE_MINUTES, fakeCandles, fakeTrades, runLoader, START } from './loader-scenario.ts'
import { recordingTopic } from './recording-topic.ts'

const minutes = (n: number) => START + n * FIVE_MINUTES
const openTimes = (records: readonly unknown[]) => (records as Candle[]).map((r) => r.open_time)
const ids = (records: readonly unknown[]) => (records as Trade[]).map((r) => r.trade_id)

describe('candles', () => {
  it('puts every candle of the range on the topic once, in order, then a marker with their count', async () => {
    const { topic, result, error } = await runLoader({ venue: { candles: fakeCandles(4000) }, range: { from: minutes(10), to: minutes(3510) } })
    expect(error).toBeUndefined()
    expect(openTimes(topic.records())).toEqual(Array.from({ length: 3500 }, (_, i) => minutes(10 + i)))
    for (const record of topic.records()) expect(Candle.safeParse(record).success).toBe(true)
    expect(topic.messages.at(-1)!.value).toMatchObject({ kind: 'end_of_stream', shard: 0, shards: 1, partition: 0, records: 3500 })
    expect(topic.messages[0]).toMatchObject({ key: 'BTCUSDT', headers: { 'content-type': 'application/json', schema: 'data' } })
    expect(result).toMatchObject({ records_written: 3500, records_total: 3500, checkpoint: [{ shard: 0, position: minutes(3510), records: 3500, done: true }] })
  })

  it('reads prices, volumes and times as the venue wrote them', async () => {
    const { topic } = await runLoader({ venue: { candles: fakeCandles(1) }, range: { from: START, to: minutes(1) } })
    expect(topic.records()[0]).toEqual({
      kind: 'candle', venue: 'binance', symbol: 'BTCUSDT', interval: '5m', open_time: START, open: 100, high: 102, low: 99, close: 101,
      volume: 12.5, quote_volume: 1250, trade_count: 42, taker_buy_volume: 6.25, taker_buy_quote_volume: 625,
      event_time: minutes(1), known_time: minutes(1) + 2000, backfilled: true,
    })
  })

  it('writes shard i to partition i mod partitions, with markers in every partition', async () => {
    const shards = [0, 1, 2].map((shard) => ({ shard, from: minutes(shard * 1000), to: minutes((shard + 1) * 1000) }))
    const topic = recordingTopic({ partitions: 2 })
    const { error } = await runLoader({ venue: { candles: fakeCandles(3000) }, range: { from: START, to: minutes(3000) }, shards, topic })
    expect(error).toBeUndefined()
    const perPartition = [0, 1].map((p) => topic.messages.filter((m) => m.partition === p && m.value.kind === 'candle').length)
    expect(perPartition).toEqual([2000, 1000])
    const markers = topic.markers().map((m) => [m.shard, m.partition, m.records]).sort()
    expect(markers).toEqual([[0, 0, 1000], [0, 1, 0], [1, 0, 0], [1, 1, 1000], [2, 0, 1000], [2, 1, 0]])
  })

  it('loads only the shard of SHARD_INDEX', async () => {
    const shards = [0, 1].map((shard) => ({ shard, from: minutes(shard * 10), to: minutes((shard + 1) * 10) }))
    const { topic } = await runLoader({ venue: { candles: fakeCandles(20) }, range: { from: START, to: minutes(20) }, shards, shardIndex: 1 })
    expect(openTimes(topic.records())).toEqual(Array.from({ length: 10 }, (_, i) => minutes(10 + i)))
    expect(topic.markers().map((m) => [m.shard, m.shards])).toEqual([[1, 2]])
  })

  it('asks about a hole twice more before it becomes a gap', async () => {
    const hole = (i: number) => i >= 1200 && i < 1210
    const { topic, requests, result } = await runLoader({ venue: { candles: fakeCandles(2000, { except: hole }) }, range: { from: START, to: minutes(2000) } })
    expect(topic.gaps()).toMatchObject([{ from: minutes(1200), to: minutes(1210), missing: 10, cause: 'exchange' }])
    expect(topic.records()).toHaveLength(1990)
    expect(requests.filter((r) => r.query.get('startTime') === String(minutes(1200)))).toHaveLength(2)
    expect(result!.records_total).toBe(1990)
  })

  it('fills a hole that the venue does not have when asked again', async () => {
    let holes = 0
    const fault = ({ path, query }: { path: string; query: URLSearchParams }): Fault | undefined => {
      if (path !== '/api/v3/klines' || query.get('limit') !== '1000' || ++holes > 1) return undefined
      return { kind: 'rows', change: (rows) => rows.filter((_, i) => i < 100 || i >= 150) }
    }
    const { topic } = await runLoader({ venue: { candles: fakeCandles(1000), fault }, range: { from: START, to: minutes(1000) } })
    expect(topic.gaps()).toEqual([])
    expect(openTimes(topic.records())).toEqual(Array.from({ length: 1000 }, (_, i) => minutes(i)))
  })

  it('crosses a hole of months in a few requests, as one gap', async () => {
    const hole = (i: number) => i >= 1500 && i < 46_000
    const { topic, requests } = await runLoader({ venue: { candles: fakeCandles(47_000, { except: hole }) }, range: { from: START, to: minutes(47_000) } })
    expect(topic.gaps()).toMatchObject([{ from: minutes(1500), to: minutes(46_000), missing: 44_500, cause: 'exchange' }])
    expect(topic.records()).toHaveLength(2500)
    expect(requests.length).toBeLessThan(25)
  })

  it('tells a listing inside the range from a hole', async () => {
    const { topic } = await runLoader({ venue: { candles: fakeCandles(100, { from: minutes(50) }) }, range: { from: START, to: minutes(150) } })
    expect(topic.gaps()).toMatchObject([{ from: START, to: minutes(50), missing: 50, cause: 'not_listed' }])
    expect(topic.records()).toHaveLength(100)
  })

  it('certifies an empty range as one gap', async () => {
    const { topic, result } = await runLoader({ venue: { candles: fakeCandles(10) }, range: { from: minutes(100), to: minutes(200) } })
    expect(topic.gaps()).toMatchObject([{ from: minutes(100), to: minutes(200), missing: 100, cause: 'exchange' }])
    expect(topic.markers()).toMatchObject([{ records: 0 }])
    expect(result).toMatchObject({ records_written: 0, records_total: 0 })
  })

  it('leaves out the candle that has not closed, and says so', async () => {
    const now = () => minutes(9) + 120_000 // the tenth candle is open
    const { topic } = await runLoader({ venue: { candles: fakeCandles(10), now }, range: { from: START, to: minutes(20) } })
    expect(openTimes(topic.records()).at(-1)).toBe(minutes(8))
    expect(topic.gaps()).toMatchObject([{ from: minutes(9), to: minutes(20), missing: 11, cause: 'unconfirmed' }])
  })

  it('waits for a candle that closes soon', async () => {
    const { topic } = await runLoader({ venue: { candles: fakeCandles(10), now: () => minutes(10) - 30 }, range: { from: START, to: minutes(10) }, now: Date.now })
    expect(topic.records()).toHaveLength(10)
    expect(topic.gaps()).toEqual([])
  })

  it('drops rows outside of what it asked for, such as an open candle', async () => {
    const fault = ({ path }: { path: string }): Fault | undefined => path === '/api/v3/klines'
      ? { kind: 'rows', change: (rows) => rows.concat(fakeCandles(1, { from: minutes(500) }).map((c) => [c.open, '1', '1', '1', '1', '1', c.close, '1', 1, '1', '1', '0'])) }
      : undefined
    const { topic } = await runLoader({ venue: { candles: fakeCandles(10), fault }, range: { from: START, to: minutes(10) } })
    expect(topic.records()).toHaveLength(10)
  })

  it('counts and drops rows that a page holds twice', async () => {
    const fault = ({ path }: { path: string }): Fault | undefined =>
      path === '/api/v3/klines' ? { kind: 'rows', change: (rows) => rows.flatMap((row, i) => (i % 10 === 3 ? [row, row] : [row])) } : undefined
    const { topic, result } = await runLoader({ venue: { candles: fakeCandles(100), fault }, range: { from: START, to: minutes(100) } })
    expect(openTimes(topic.records())).toEqual(Array.from({ length: 100 }, (_, i) => minutes(i)))
    expect(result!.duplicates).toBe(10)
  })
})

describe('a venue in trouble', () => {
  const load = (faults: Record<number, Fault>, open = {}) => runLoader({
    venue: { candles: fakeCandles(3000), fault: ({ number }) => faults[number] }, range: { from: START, to: minutes(3000) }, open,
  })
  const everything = Array.from({ length: 3000 }, (_, i) => minutes(i))

  it.each<[string, Fault]>([
    ['429', { kind: 'status', status: 429, headers: { 'retry-after': '0' }, body: '{"code":-1003,"msg":"Too much request weight used"}' }],
    ['418 with a short ban', { kind: 'status', status: 418, headers: { 'retry-after': '0' } }],
    ['500', { kind: 'status', status: 500 }],
    ['503', { kind: 'status', status: 503 }],
    ['a cut connection', { kind: 'cut' }],
    ['truncated JSON', { kind: 'truncated' }],
    ['a row that is no number', { kind: 'rows', change: (rows) => rows.map((r, i) => (i === 5 ? [(r as unknown[])[0], 'abc', ...(r as unknown[]).slice(2)] : r)) }],
    ['rows in reverse', { kind: 'rows', change: (rows) => rows.toReversed() }],
  ])('loads everything in spite of %s', async (_name, fault) => {
    const { topic, error } = await load({ 3: fault, 4: fault, 6: fault })
    expect(error).toBeUndefined()
    expect(openTimes(topic.records())).toEqual(everything)
    expect(topic.gaps()).toEqual([])
  })

  it('gives up on a long ban with VENUE_BANNED', async () => {
    const { error } = await load({ 3: { kind: 'status', status: 418, headers: { 'retry-after': '3600' } } })
    expect(error).toMatchObject({ code: 'VENUE_BANNED', retryable: true })
  })

  it('gives up on a venue that stays down, with a retryable error', async () => {
    const down = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i + 4, { kind: 'status', status: 502 } as Fault]))
    const { error, topic } = await load(down, { maxAttempts: 3 })
    expect(error).toMatchObject({ code: 'VENUE_UNREACHABLE', retryable: true })
    expect(topic.markers()).toEqual([])
  })

  it('fails at once for a symbol that the venue does not know', async () => {
    const { error } = await runLoader({ venue: {}, symbol: 'NOPE', range: { from: START, to: minutes(10) } })
    expect(error).toBeInstanceOf(StreamForgeError)
    expect(error).toMatchObject({ code: 'UNKNOWN_SYMBOL', retryable: false })
  })

  it('stops when its signal aborts', async () => {
    const abort = new AbortController()
    const { error, topic } = await runLoader({
      venue: { candles: fakeCandles(20_000) }, range: { from: START, to: minutes(20_000) }, signal: abort.signal,
      onProgress: (p) => { if (p.records_written > 0) abort.abort(new Error('stop')) },
    })
    expect(error).toMatchObject({ message: 'stop' })
    expect(topic.markers()).toEqual([])
    expect(topic.records().length).toBeLessThan(20_000)
  })
})

describe('trades', () => {
  it('loads exactly the trades of the range and proves its ends with ids', async () => {
    const trades = fakeTrades(5000)
    const { topic, result, error } = await runLoader({ type: 'api_trades', venue: { trades }, range: { from: START + 500_000, to: START + 3_500_000 } })
    expect(error).toBeUndefined()
    expect(ids(topic.records())).toEqual(Array.from({ length: 3000 }, (_, i) => 5500 + i))
    for (const record of topic.records()) expect(Trade.safeParse(record).success).toBe(true)
    expect(topic.markers()).toMatchObject([{ records: 3000, first_trade_id: 5500, last_trade_id: 8499 }])
    expect(result).toMatchObject({ records_written: 3000, records_total: 3000 })
  })

  it('ends at the last trade when none came after the range', async () => {
    const { topic } = await runLoader({ type: 'api_trades', venue: { trades: fakeTrades(1500) }, range: { from: START, to: START + 86_400_000 } })
    expect(topic.markers()).toMatchObject([{ records: 1500, first_trade_id: 5000, last_trade_id: 6499 }])
  })

  it('has a marker without ids for a range without trades', async () => {
    const { topic } = await runLoader({ type: 'api_trades', venue: { trades: fakeTrades(10) }, range: { from: START + 60_000, to: START + 120_000 } })
    expect(topic.messages).toHaveLength(1)
    expect(topic.markers()[0]).not.toHaveProperty('first_trade_id')
  })

  it('makes missing ids a gap between the trades around them', async () => {
    const missing = (id: number) => id >= 5990 && id < 6010 // across a page border
    const { topic, result } = await runLoader({ type: 'api_trades', venue: { trades: fakeTrades(3000, { except: missing }) }, range: { from: START, to: START + 3_000_000 } })
    expect(topic.gaps()).toMatchObject([{ from: START + 989_000, to: START + 1_010_000, missing: 20, cause: 'exchange' }])
    expect(topic.records()).toHaveLength(2980)
    expect(result!.records_total).toBe(2980)
  })

  it('refuses a range that has not ended', async () => {
    const { error } = await runLoader({ type: 'api_trades', venue: { trades: fakeTrades(10), now: () => START + 5_000 }, range: { from: START, to: START + 86_400_000 } })
    expect(error).toMatchObject({ code: 'BAD_TIME_RANGE' })
  })
})
