import fc from 'fast-check'
import { Candle, Trade } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { candleOfKline, tradeOfAggregate, tradeOfArchiveLine } from './binance-rows.ts'
import { orderCandles } from './page.ts'

const OPEN = Date.UTC(2022, 7, 1)
const kline: (string | number | null)[] = [OPEN, '23296.36000000', '23338.76000000', '23275.74000000', '23301.10000000', '1036.05218000', OPEN + 299_999, '24142352.10', 24_337, '499.1', '11631000.5', '0']

describe('what a row becomes', () => {
  it('fits the contract, whatever the numbers', () => {
    const decimals = fc.double({ min: 0, max: 1e12, noNaN: true }).map((n) => n.toFixed(8))
    fc.assert(fc.property(fc.integer({ min: 0, max: 500_000 }), fc.array(decimals, { minLength: 8, maxLength: 8 }), fc.nat(), (n, d, count) => {
      const open = OPEN + n * 300_000
      const candle = candleOfKline([open, d[0], d[1], d[2], d[3], d[4], open + 299_999, d[5], count, d[6], d[7], '0'], 'BTCUSDT', '5m')
      expect(Candle.safeParse(candle).success).toBe(true)
      const trade = tradeOfAggregate({ a: n, p: d[0], q: d[1], f: n, l: n, T: open, m: true, M: true }, 'BTCUSDT')
      expect(Trade.safeParse(trade).success).toBe(true)
    }))
  })

  it('is the same from REST and from a file, in milliseconds or microseconds', () => {
    const candle = candleOfKline(kline, 'BTCUSDT', '5m')
    expect(candleOfKline(kline.map(String), 'BTCUSDT', '5m')).toEqual(candle)
    expect(candleOfKline([OPEN * 1000, ...kline.slice(1)], 'BTCUSDT', '5m')).toEqual(candle)
    const rest = tradeOfAggregate({ a: 7, p: '1.5', q: '2', f: 8, l: 9, T: OPEN, m: false, M: true }, 'BTCUSDT')
    expect(tradeOfArchiveLine(['7', '1.5', '2', '8', '9', String(OPEN * 1000), 'False', 'True'], 'BTCUSDT')).toEqual(rest)
  })

  it.each([
    ['too short', kline.slice(0, 6)], ['not a row', 'x'], ['null', null], ['no number', kline.with(2, 'abc')], ['empty', kline.with(2, '')],
    ['negative', kline.with(5, '-1')], ['infinite', kline.with(5, 'Infinity')], ['null price', kline.with(1, null)],
    ['off the grid', kline.with(0, OPEN + 1)], ['in seconds of another century', kline.with(0, 1)], ['half a count', kline.with(8, 1.5)],
  ])('is refused when %s', (_name, row) => {
    expect(() => candleOfKline(row, 'BTCUSDT', '5m')).toThrow(expect.objectContaining({ code: 'VENUE_BAD_RESPONSE' }) as Error)
  })
})

describe('a page', () => {
  const at = (n: number, price = '1') => candleOfKline([OPEN + n * 300_000, ...kline.slice(1).with(0, price)], 'BTCUSDT', '5m')

  it('is put in order and rid of repeated rows', () => {
    expect(orderCandles([at(2), at(0), at(1), at(0)])).toEqual({ records: [at(0), at(1), at(2)], duplicates: 1 })
  })

  it('is refused when it contradicts itself', () => {
    expect(() => orderCandles([at(0, '1'), at(0, '2')])).toThrow(/two different rows/)
  })
})
