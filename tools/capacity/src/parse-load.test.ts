import { describe, expect, it } from 'vitest'
import { parseLoad } from './parse-load.ts'

describe('a load in words', () => {
  it('takes all of Binance spot with trades and books', () => {
    expect(parseLoad('all of Binance spot, trades and books')).toEqual({ symbols: 2_000, live: { trades: true, books: true, candles: [] }, keepDays: 365, topicHours: 6 })
  })
  it('takes numbers with separators, several intervals, history and how long things are kept', () => {
    expect(parseLoad('1,200 symbols of Binance: 1m 5m candles; two weeks is not said, trades'.replace('two weeks is not said, ', ''))).toMatchObject({
      symbols: 1_200, live: { trades: true, books: false, candles: ['1m', '5m'] },
    })
    expect(parseLoad('20 assets, a year of 1m candles, 3 months of trades, kept 90 days, topics kept 12 hours')).toEqual({
      symbols: 20, live: { trades: false, books: false, candles: [] }, history: { days: 365, trades: true, candles: ['1m'] }, keepDays: 90, topicHours: 12,
    })
  })
  it.each([
    ['20 symbols, everything', "'everything' is not understood"],
    ['trades and books', 'how many symbols'],
    ['0 symbols, trades', 'how many symbols'],
    ['20 symbols', 'what of them'],
    ['20 symbols, 7m candles', "'7m' is no interval"],
  ])('says what is wrong with %j', (words, message) => {
    expect(() => parseLoad(words)).toThrow(message)
  })
})
