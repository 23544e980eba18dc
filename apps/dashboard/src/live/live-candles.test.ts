import type { CandlesAnswer, ChartCandle, Gap } from '@streamforge/contracts'
import { afterEach, describe, expect, it } from 'vitest'
import { openDashboard, trade, start, venue, type DashboardScenario, type Page } from '../dashboard-scenario.ts'

const minute = 60_000
/** A trade a second from id 0 on; the price is the id. */
const second = (id: number) => trade(id, id * 1_000, id)
const seconds = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => second(from + i))
const candle = (n: number, more: Partial<ChartCandle> = {}) => ({
  open_time: start + n * minute, open: n * 60, close: n * 60 + 59, low: n * 60, high: n * 60 + 59, volume: 60, closed: true, backfilled: false, ...more,
})
const candlesOf = async (scenario: DashboardScenario, query: string) => await scenario.get(`/api/candles?symbol=BTCUSDT&${query}`) as CandlesAnswer

let scenario: DashboardScenario
afterEach(() => scenario.close())

describe('candles of a market that has only trades', () => {
  it('are made from what is stored, page by page, with flat ones where nothing was traded', async () => {
    scenario = await openDashboard()
    await scenario.addQueue('wf-h', 'api_trades', 'finished')
    // 12,000 trades: more than two blocks of ids; then nothing for three minutes.
    await scenario.storeTrades('btcusdt_trades', [...seconds(0, 12_000), trade(12_000, 12_000_000 + 3 * minute, 1)])
    const all = await candlesOf(scenario, 'interval=1m&limit=5000')
    expect(all).toMatchObject({ more: false, gaps: [] })
    expect(all.candles.slice(0, 200)).toEqual(Array.from({ length: 200 }, (_, n) => candle(n)))
    expect(all.candles.slice(200).map((c) => [c.open_time, c.close, c.volume])).toEqual([200, 201, 202, 203].map((n) => [start + n * minute, n < 203 ? 11_999 : 1, n < 203 ? 0 : 1]))
    const older = await candlesOf(scenario, `interval=1m&limit=7&to=${start + 100 * minute}`)
    expect(older).toEqual({ candles: all.candles.slice(93, 100), gaps: [], more: true })
    expect((await candlesOf(scenario, `interval=1m&to=${start + 202 * minute}&limit=3`)).candles).toEqual(all.candles.slice(199, 202))
    expect(await candlesOf(scenario, 'interval=1h')).toMatchObject({ candles: [0, 1, 2, 3].map((h) => ({ open_time: start + h * 60 * minute, open: h * 3_600 })), more: false })
    expect((await candlesOf(scenario, 'interval=1d')).candles).toEqual([])
  })

  it('are incomplete where trades are missing, until they are there', async () => {
    scenario = await openDashboard()
    await scenario.addQueue('wf-h', 'api_trades', 'finished')
    await scenario.storeTrades('btcusdt_trades', [...seconds(0, 90), ...seconds(330, 400)])
    const shape = async () => (await candlesOf(scenario, 'interval=1m')).candles.map((c) => [(c.open_time - start) / minute, c.incomplete ?? false])
    expect(await shape()).toEqual([[0, false], [1, true], [5, true], [6, false]])
    await scenario.storeTrades('btcusdt_trades', seconds(90, 330))
    expect(await shape()).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => [n, false]))
  })

  it('go on with what streams, whether it is stored yet or not, each trade counted once', async () => {
    scenario = await openDashboard()
    await scenario.addQueue('wf-l', 'ws_trades', 'running')
    // The connector is 30 trades behind; the topic holds 50 that are stored as well.
    await scenario.storeTrades('btcusdt_trades', seconds(0, 130))
    await scenario.publish('wf-l-data', seconds(80, 160))
    const page = await scenario.open()
    const shown = () => merged(page)
    page.follow(1, { kind: 'candles', venue, symbol: 'BTCUSDT', interval: '1m' }, start)
    await expect.poll(() => shown().get(2)).toMatchObject({ closed: false, volume: 40, close: 159 })
    expect(shown().get(1)).toEqual(candle(1))
    expect(shown().get(0)).toMatchObject({ ...candle(0), incomplete: true })
    await scenario.publish('wf-l-data', [...seconds(150, 185), ...seconds(170, 185)])
    await expect.poll(() => shown().get(3)).toMatchObject({ volume: 5, open: 180, close: 184, closed: false })
    expect(shown().get(2)).toEqual(candle(2))
    // A page that comes later has the same.
    const later = await scenario.open()
    later.follow(1, { kind: 'candles', venue, symbol: 'BTCUSDT', interval: '1m' }, start)
    await expect.poll(() => merged(later).get(3)?.volume).toBe(5)
    expect(merged(later)).toEqual(shown())
  })

  it('show a hole of the stream with the gap that explains it, and ask anew when history fills it', async () => {
    scenario = await openDashboard()
    await scenario.addQueue('wf-l', 'ws_trades', 'running')
    const page = await scenario.open()
    page.follow(1, { kind: 'candles', venue, symbol: 'BTCUSDT', interval: '1m' })
    await expect.poll(() => page.payloads('candles').length).toBe(1)
    const gap: Gap = { kind: 'gap', queue_id: 'wf-l', venue, symbol: 'BTCUSDT', type: 'ws_trades', from: start + 70_000, to: start + 250_000, missing: 180, cause: 'exchange', checked_at: start }
    await scenario.publish('wf-l-data', [...seconds(60, 71), gap, ...seconds(250, 310)])
    await expect.poll(() => merged(page).get(5)).toMatchObject({ volume: 10 })
    expect([...merged(page)].map(([n, c]) => [n, c.incomplete ?? false])).toEqual([[1, true], [4, true], [5, false]])
    expect(page.payloads('candles').flatMap((p) => p.gaps)).toEqual([gap])
    await scenario.storeTrades('btcusdt_trades', seconds(0, 240))
    await scenario.addQueue('wf-h', 'api_trades', 'finished')
    await expect.poll(() => page.payloads('candles').some((p) => p.stored), { timeout: 10_000 }).toBe(true)
    // What streams on does not bring the hole back: all that is stored of it has been taken in.
    await scenario.publish('wf-l-data', seconds(310, 315))
    await expect.poll(() => merged(page).get(5), { timeout: 10_000 }).toMatchObject({ volume: 15 })
    await expect.poll(() => [...merged(page)].map(([n, c]) => [n, c.incomplete ?? false, c.volume])).toEqual([[0, false, 60], [1, false, 60], [2, false, 60], [3, true, 60], [4, true, 50], [5, false, 15]])
  })
})

/** The candles that a page has heard of, by minute; the last word counts. */
function merged(page: Page): Map<number, ChartCandle> {
  const candles = page.payloads('candles').flatMap((p) => p.candles)
  return new Map(candles.map((c): [number, ChartCandle] => [(c.open_time - start) / minute, c]).sort((a, b) => a[0] - b[0]))
}
