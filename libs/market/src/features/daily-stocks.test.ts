import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { barGrid, featureSets, nextOpenTime, type Candle, type FeatureRow } from '@streamforge/contracts'
import { seededRandom } from '../synthetic-random.ts'
import { FeatureReducer, type FeatureInput, type FeatureOptions } from './feature-reducer.ts'
import { readFeatureState } from './feature-state.ts'

const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
const names = featureSets.bars_v1
const options = (venue: string): FeatureOptions => ({
  venue, symbol: 'AAPL', interval: '1d', range: { from: day('2016-06-01'), to: day('2017-06-01') }, trades: false, quotes: false, articles: false,
})
const days = barGrid('yahoo', '1d').times(options('yahoo').range)

/** A year of sessions, of which some are missing. */
function candlesOf(venue: string, without: readonly number[] = [], seed = 1): Candle[] {
  const random = seededRandom(seed)
  let close = 100
  return days.map((open_time): Candle => {
    close *= Math.exp((random() - 0.5) * 0.04)
    const end = nextOpenTime(open_time, '1d')
    return {
      kind: 'candle', venue, symbol: 'AAPL', interval: '1d', open_time, open: close, high: close * 1.01, low: close * 0.99, close, volume: Math.floor(random() * 1e6),
      event_time: end, known_time: end + 900_000, backfilled: true,
    }
  }).filter((_, i) => !without.includes(i))
}

const rowsOf = (candles: readonly Candle[], venue = 'yahoo') => {
  const reducer = new FeatureReducer(options(venue))
  return candles.flatMap((candle) => [...reducer.step(candle)])
}
const known = (row: FeatureRow, name: (typeof names)[number]) => row.values[names.indexOf(name)] !== null

describe('daily bars of a stock', () => {
  it('go on over week-ends and holidays', () => {
    const rows = rowsOf(candlesOf('yahoo'))
    expect(rows).toHaveLength(252)
    expect(rows.map((row) => known(row, 'return_48'))).toEqual(rows.map((_, i) => i >= 48))
    expect(rows.map((row) => known(row, 'macd_signal'))).toEqual(rows.map((_, i) => i >= 33))
  })

  it('begin anew after a session without a bar, and only then', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.nat(251), { maxLength: 4 }), (without) => {
      const rows = rowsOf(candlesOf('yahoo', without))
      const present = days.map((_, i) => i).filter((i) => !without.includes(i))
      expect(rows.map((row) => known(row, 'return_1'))).toEqual(present.map((i) => i > 0 && !without.includes(i - 1)))
    }))
  })

  it('would begin anew every Monday around the clock', () => {
    const rows = rowsOf(candlesOf('binance'), 'binance')
    expect(rows.some((row) => known(row, 'return_12'))).toBe(false)
  })

  it('take a holiday of an exchange without a calendar for one', () => {
    const rows = rowsOf(candlesOf('yahoo_l', [100, 101, 102, 103]), 'yahoo_l')
    expect(rows.every((row, i) => known(row, 'return_1') === i > 0)).toBe(true)
    const longer = rowsOf(candlesOf('yahoo_l', Array.from({ length: 9 }, (_, i) => 100 + i)), 'yahoo_l')
    expect(longer.filter((row) => !known(row, 'return_1')).map((row) => row.open_time)).toEqual([days[0], days[109]])
  })

  it('count the news of a week-end on Monday, and no older', () => {
    const candles = candlesOf('yahoo').filter((candle) => candle.open_time >= day('2016-07-01') && candle.open_time < day('2016-07-08'))
    const article = (time: string, score: number): FeatureInput => {
      const at = Date.parse(`2016-07-${time}:00Z`)
      return { kind: 'article', symbol: 'AAPL', article_id: time, score, event_time: at, known_time: at }
    }
    // Monday the 4th was a holiday: what comes from Saturday to Tuesday is in Tuesday's bar.
    const news = [article('01T23:59', 0.1), article('02T00:00', 0.2), article('03T12:00', 0.3), article('04T12:00', 0.4), article('05T12:00', 0.5), article('06T12:00', 0.6)]
    const reducer = new FeatureReducer({ ...options('yahoo'), articles: true })
    const input = [...news, ...candles].sort((a, b) => a.event_time - b.event_time)
    const rows = input.flatMap((record) => [...reducer.step(record)])
    const of = (name: (typeof names)[number]) => rows.map((row) => row.values[names.indexOf(name)])
    expect(of('article_count')).toEqual([1, 4, 1, 0])
    expect(of('sentiment')[1]).toBeCloseTo((0.2 + 0.3 + 0.4 + 0.5) / 4, 12)
  })

  it('give the same rows one by one, stored and read back anywhere, as in a batch', () => {
    fc.assert(fc.property(fc.nat(1_000), fc.uniqueArray(fc.nat(251), { maxLength: 3 }), fc.uniqueArray(fc.nat(240), { maxLength: 6 }), (seed, without, cuts) => {
      const candles = candlesOf('yahoo', without, seed)
      let reducer = new FeatureReducer(options('yahoo'))
      const rows = candles.flatMap((candle, i) => {
        if (cuts.includes(i)) reducer = new FeatureReducer(options('yahoo'), readFeatureState(JSON.parse(JSON.stringify(reducer.state))))
        return [...reducer.step(candle)]
      })
      expect(rows).toEqual(rowsOf(candles))
    }), { numRuns: 30 })
  })
})
