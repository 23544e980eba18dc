import { zipSync } from 'fflate'
import { floorToInterval, type Candle, type Trade } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { klineRow, type FakeCandle, type FakeTrade } from './fake-binance.ts'
import { fakeCandles, fakeTrades, runLoader, START } from './loader-scenario.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const month = { from: START, to: Date.UTC(2024, 8, 1) }
const minuteCandles = fakeCandles((month.to - month.from) / MINUTE, { length: MINUTE })
const monthFile = '/data/spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2024-08.zip'
const tradeFile = (day: string) => `/data/spot/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-${day}.zip`

const zip = (text: string) => zipSync({ 'data.csv': Buffer.from(text) }, { level: 1 })
const klineCsv = (candles: readonly FakeCandle[], scale = 1) =>
  candles.map((c) => klineRow(c).map((v, i) => (i === 0 || i === 6 ? Number(v) * scale : v)).join(',')).join('\n') + '\n'
const tradeCsv = (trades: readonly FakeTrade[], scale = 1) =>
  trades.map((t) => `${t.id},${t.price.toFixed(8)},0.50000000,${t.id * 2},${t.id * 2 + 1},${t.time * scale},${t.id % 2 === 0 ? 'True' : 'False'},True`).join('\n')

const openTimes = (records: readonly unknown[]) => (records as Candle[]).map((c) => c.open_time)
const klineRequests = (requests: readonly { path: string }[]) => requests.filter((r) => r.path === '/api/v3/klines').length
const load = (files: ReadonlyMap<string, Uint8Array>, range = month, candles = minuteCandles) =>
  runLoader({ type: 'api_candles_1m', source: 'auto', venue: { candles, files }, range })

describe('archive files of candles', () => {
  it('give the same records as REST, without a REST request', async () => {
    const { topic, error, requests } = await load(new Map([[monthFile, zip(klineCsv(minuteCandles))]]))
    expect(error).toBeUndefined()
    expect(klineRequests(requests)).toBe(0)
    const { topic: overRest } = await runLoader({ type: 'api_candles_1m', source: 'rest', venue: { candles: minuteCandles }, range: month })
    expect(topic.records()).toEqual(overRest.records())
    expect(topic.markers()).toEqual(overRest.markers())
  })

  it('are read with a header line and in microseconds, as from 2025 on', async () => {
    const csv = `open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n${klineCsv(minuteCandles, 1000)}`
    const { topic, requests } = await load(new Map([[monthFile, zip(csv)]]))
    expect(klineRequests(requests)).toBe(0)
    expect(openTimes(topic.records())).toEqual(minuteCandles.map((c) => c.open))
  })

  it('give only the part that was asked for', async () => {
    const range = { from: START + 2 * DAY, to: START + 9 * DAY }
    const { topic } = await load(new Map([[monthFile, zip(klineCsv(minuteCandles))]]), range)
    expect(openTimes(topic.records())).toEqual(minuteCandles.map((c) => c.open).filter((t) => t >= range.from && t < range.to))
  })

  it('are replaced by REST when not published', async () => {
    const { topic, requests } = await load(new Map())
    expect(klineRequests(requests)).toBeGreaterThan(40)
    expect(topic.records()).toHaveLength(minuteCandles.length)
  })

  it('are fetched again, then replaced by REST, when the checksum does not match', async () => {
    const files = new Map([[monthFile, zip(klineCsv(minuteCandles))], [`${monthFile}.CHECKSUM`, Buffer.from(`${'0'.repeat(64)}  x.zip`)]])
    const { topic, requests, warnings } = await load(files)
    expect(requests.filter((r) => r.path === monthFile)).toHaveLength(3)
    expect(warnings).toContain('archive file cannot be used: its range is loaded over REST')
    expect(topic.records()).toHaveLength(minuteCandles.length)
  })

  it('are replaced by REST from the first bad line on', async () => {
    const lines = klineCsv(minuteCandles).split('\n')
    lines[30_000] = 'not,a,candle'
    const { topic, warnings, error } = await load(new Map([[monthFile, zip(lines.join('\n'))]]))
    expect(error).toBeUndefined()
    expect(warnings).toContain('archive file is damaged: the rest of its range is loaded over REST')
    expect(openTimes(topic.records())).toEqual(minuteCandles.map((c) => c.open))
  })

  it('have their holes checked over REST', async () => {
    const withoutAnHour = minuteCandles.filter((c) => floorToInterval(c.open, '1h') !== START + 5 * DAY)
    const { topic } = await load(new Map([[monthFile, zip(klineCsv(withoutAnHour))]]))
    expect(topic.gaps()).toEqual([])
    expect(openTimes(topic.records())).toEqual(minuteCandles.map((c) => c.open))
    const { topic: both } = await load(new Map([[monthFile, zip(klineCsv(withoutAnHour))]]), month, withoutAnHour)
    expect(both.gaps()).toMatchObject([{ from: START + 5 * DAY, to: START + 5 * DAY + 60 * MINUTE, missing: 60 }])
  })
})

describe('archive files of trades', () => {
  const trades = fakeTrades(3 * 1440 * 2, { everyMs: MINUTE / 2 }) // three days
  const dayOf = (n: number) => trades.filter((t) => t.time >= START + n * DAY && t.time < START + (n + 1) * DAY)
  const ids = (records: readonly unknown[]) => (records as Trade[]).map((t) => t.trade_id)
  const range = { from: START, to: START + 3 * DAY }
  const files = new Map(['2024-08-01', '2024-08-02', '2024-08-03'].map((day, i) => [tradeFile(day), zip(tradeCsv(dayOf(i), i === 2 ? 1000 : 1))]))
  const loadTrades = (present: ReadonlyMap<string, Uint8Array>, part = range) =>
    runLoader({ type: 'api_trades', source: 'auto', venue: { trades, files: present }, range: part })

  it('give the same records as REST', async () => {
    const { topic, requests, error } = await loadTrades(files)
    expect(error).toBeUndefined()
    const { topic: overRest } = await runLoader({ type: 'api_trades', source: 'rest', venue: { trades }, range })
    expect(topic.records()).toEqual(overRest.records())
    expect(topic.markers()).toEqual(overRest.markers())
    expect(requests.filter((r) => r.path === '/api/v3/aggTrades').length).toBeLessThan(6)
  })

  it('are mixed with REST where a day is missing, damaged or only partly asked for', async () => {
    const damaged = new Map(files)
    damaged.set(tradeFile('2024-08-01'), zip(tradeCsv(dayOf(0)).slice(0, 60_000)))
    damaged.delete(tradeFile('2024-08-02'))
    for (const part of [range, { from: START + DAY / 2, to: START + 2.5 * DAY }]) {
      const { topic, error } = await loadTrades(damaged, part)
      expect(error).toBeUndefined()
      expect(topic.gaps()).toEqual([])
      expect(ids(topic.records())).toEqual(trades.filter((t) => t.time >= part.from && t.time < part.to).map((t) => t.id))
    }
  })

  it('go on from a checkpoint', async () => {
    const checkpoint = [{ shard: 0, position: 9_000, records: 4_000, first_trade_id: 5_000, done: false }]
    const { topic, result } = await runLoader({ type: 'api_trades', source: 'auto', venue: { trades, files }, range, checkpoint, attempt: 2 })
    expect(ids(topic.records())).toEqual(trades.map((t) => t.id).filter((id) => id >= 9_000))
    expect(result).toMatchObject({ records_written: trades.length, records_total: trades.length })
  })
})
