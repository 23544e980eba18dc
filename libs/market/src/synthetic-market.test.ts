import { intervals, type Interval } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { aggregateCandles, isMadeOf } from './aggregate-candles.ts'
import type { CandleSlice } from './market-columns.ts'
import { syntheticMarket } from './synthetic-market.ts'

const day = 86_400_000
const from = Date.UTC(2024, 5, 1)
const to = from + 10 * day
const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'MADEUPUSDT']
const market = syntheticMarket({ seed: 11, symbols, from, to })
const all = { from, to, limit: Number.MAX_SAFE_INTEGER }
const rows = ({ columns: c, start, end }: CandleSlice) => Array.from({ length: end - start }, (_, k) => {
  const i = start + k
  return [c.openTime[i], c.open[i], c.high[i], c.low[i], c.close[i], c.volume[i], c.details?.tradeCount[i], c.details?.quoteVolume[i]]
})
const returns = async (symbol: string, interval: Interval, of = market) => {
  const { columns, start, end } = await of.candles({ symbol, interval, ...all })
  return Array.from(columns.close.subarray(start, end), (close, k) => Math.log(close / columns.open[start + k]!))
}
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]) => x.reduce((sum, v) => sum + v, 0) / x.length
  const [ma, mb] = [mean(a), mean(b)]
  const covariance = mean(a.map((v, i) => (v - ma) * (b[i]! - mb)))
  return covariance / Math.sqrt(mean(a.map((v) => (v - ma) ** 2)) * mean(b.map((v) => (v - mb) ** 2)))
}

describe('syntheticMarket', () => {
  it('is the same for the same seed, and a day is the same in every range', async () => {
    const again = syntheticMarket({ seed: 11, symbols: ['SOLUSDT'], from: from - 30 * day, to: to + 5 * day })
    const query = { symbol: 'SOLUSDT', interval: '1m', ...all } as const
    expect(rows(await again.candles(query))).toEqual(rows(await market.candles(query)))
    const other = syntheticMarket({ seed: 12, symbols, from, to })
    expect(rows(await other.candles({ ...query, limit: 5 }))).not.toEqual(rows(await market.candles({ ...query, limit: 5 })))
  })

  it('has whole candles on the grid whose prices hang together', async () => {
    for (const symbol of symbols) {
      const { columns: c, start, end } = await market.candles({ symbol, interval: '1m', ...all })
      expect(end - start).toBe(10 * 1440)
      for (let i = start; i < end; i++) {
        if (c.openTime[i] !== from + (i - start) * 60_000) throw new Error(`row ${i} is off the grid`)
        const body = [c.open[i]!, c.close[i]!]
        if (c.high[i]! < Math.max(...body) || c.low[i]! > Math.min(...body) || c.low[i]! <= 0) throw new Error(`row ${i} is not a candle`)
        if (i > start && c.open[i] !== c.close[i - 1]) throw new Error(`row ${i} does not open where the last one closed`)
        if (!(c.volume[i]! > 0) || c.details!.takerBuyVolume[i]! > c.volume[i]!) throw new Error(`row ${i} has a wrong volume`)
      }
    }
  })

  it('has longer candles that are the sums of the minutes', async () => {
    const minutes = await market.candles({ symbol: 'ETHUSDT', interval: '1m', ...all })
    for (const interval of intervals.filter((name) => isMadeOf(name, '1m'))) {
      const columns = aggregateCandles(minutes, '1m', interval)
      const served = rows(await market.candles({ symbol: 'ETHUSDT', interval, ...all }))
      const summed = rows({ columns, start: 0, end: columns.length })
      expect(served.map((row) => row.slice(0, 7)), interval).toEqual(summed.map((row) => row.slice(0, 7)))
      // Quote volumes above 10^8 have no eight exact decimals: days added up differ from minutes added up in the last bits.
      served.forEach((row, i) => expect(row[7]! / summed[i]![7]!).toBeCloseTo(1, 12))
    }
    expect(rows(await market.candles({ symbol: 'ETHUSDT', interval: '1s', ...all }))).toEqual([])
  })

  it('answers any page as part of the whole', async () => {
    const whole = rows(await market.candles({ symbol: 'BTCUSDT', interval: '15m', ...all }))
    for (const [skip, limit] of [[0, 7], [95, 3], [200, 500], [955, 50]] as const) {
      const begin = from + skip * 900_000
      const page = { symbol: 'BTCUSDT', interval: '15m', to, limit } as const
      expect(rows(await market.candles({ ...page, from: begin - 1 }))).toEqual(whole.slice(skip, skip + limit))
      expect(rows(await market.candles({ ...page, from: 0, to: begin + 1, latest: true }))).toEqual(whole.slice(Math.max(0, skip + 1 - limit), skip + 1))
    }
  })

  it('has contiguous trades that agree with the candles to the last lot', async () => {
    const range = { from: from + day - 3 * 60_000, to: from + day + 5 * 60_000 }
    const candles = await market.candles({ symbol: 'SOLUSDT', interval: '1m', ...range, limit: 100 })
    const { columns: t, start, end } = await market.trades({ symbol: 'SOLUSDT', ...range, limit: 1e9 })
    let k = start
    for (let i = candles.start; i < candles.end; i++) {
      const c = candles.columns
      const first = k
      while (k < end && t.time[k]! < c.openTime[i]! + 60_000) k++
      const prices = t.price.subarray(first, k)
      const volume = t.quantity.subarray(first, k).reduce((sum, q) => sum + q, 0)
      expect([k - first, prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1)])
        .toEqual([c.details!.tradeCount[i], c.open[i], c.high[i], c.low[i], c.close[i]])
      expect(volume).toBeCloseTo(c.volume[i]!, 7)
    }
    expect(k).toBe(end)
    for (let i = start + 1; i < end; i++) expect([t.id[i], t.time[i]! >= t.time[i - 1]!]).toEqual([t.id[i - 1]! + 1, true])
  })

  it('pages trades by id across days without a gap, and finds the newest', async () => {
    const day2 = from + day
    const first = await market.trades({ symbol: 'BTCUSDT', from: day2 - 2_000, to, limit: 1 })
    let id = first.columns.id[first.start]!
    for (let page = 0; page < 3; page++) {
      const { columns, start, end } = await market.trades({ symbol: 'BTCUSDT', from: 0, to: Number.MAX_SAFE_INTEGER, fromId: id, limit: 50 })
      expect([...columns.id.subarray(start, end)]).toEqual(Array.from({ length: 50 }, (_, k) => id + k))
      id += 50
    }
    const newest = await market.trades({ symbol: 'BTCUSDT', from: 0, to: Number.MAX_SAFE_INTEGER, limit: 3, latest: true })
    const last = newest.columns.id[newest.end - 1]!
    const beyond = await market.trades({ symbol: 'BTCUSDT', from: 0, to: Number.MAX_SAFE_INTEGER, fromId: last, limit: 10 })
    expect([beyond.end - beyond.start, beyond.columns.id[beyond.start], newest.end - newest.start]).toEqual([1, last, 3])
  })

  it('moves as markets do: together, in bursts, with volume where the movement is', async () => {
    const [btc, eth] = [await returns('BTCUSDT', '5m'), await returns('ETHUSDT', '5m')]
    expect(correlation(btc, eth)).toBeGreaterThan(0.4)
    const size = btc.map(Math.abs)
    expect(correlation(size.slice(1), size.slice(0, -1))).toBeGreaterThan(0.1)
    const { columns, start, end } = await market.candles({ symbol: 'BTCUSDT', interval: '5m', ...all })
    expect(correlation(size, [...columns.volume.subarray(start, end)])).toBeGreaterThan(0.3)
    const fourth = btc.reduce((sum, r) => sum + r ** 4, 0) / btc.length
    const second = btc.reduce((sum, r) => sum + r ** 2, 0) / btc.length
    expect(fourth / second ** 2).toBeGreaterThan(3.5)
  })

  it('lets one asset follow another', async () => {
    const lead = syntheticMarket({ seed: 11, symbols, from, to, leadLag: { leader: 'SOLUSDT', follower: 'MADEUPUSDT', minutes: 3, strength: 0.8 } })
    const [leader, follower] = [await returns('SOLUSDT', '1m', lead), await returns('MADEUPUSDT', '1m', lead)]
    const at = (minutes: number) => correlation(leader.slice(0, leader.length - minutes), follower.slice(minutes))
    expect(at(3)).toBeGreaterThan(0.15)
    expect(Math.abs(at(5))).toBeLessThan(0.05)
  })

  it('refuses a range that it cannot make', () => {
    expect(() => syntheticMarket({ from: to, to: from })).toThrow(expect.objectContaining({ code: 'BAD_CONFIG' }))
    expect(() => syntheticMarket({ from: Date.UTC(2010, 0, 1) })).toThrow(expect.objectContaining({ code: 'BAD_CONFIG' }))
  })
})
