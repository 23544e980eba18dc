import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalCandle, canonicalDecimal, canonicalFeature, canonicalForecast, canonicalForecastScore, canonicalSignal, canonicalTrade } from './canonical-line.ts'

describe('canonicalDecimal', () => {
  it.each([[46216.93, '46216.93'], [236156, '236156'], [0.0000000123, '0.0000000123'], [1e-7, '0.0000001'], [0, '0'],
    [0.014596000000000001, '0.014596'], [0.1, '0.1'], [100, '100'], [1e20, '100000000000000000000']])('writes %d as %s', (value, text) =>
    expect(canonicalDecimal(value)).toBe(text))

  it('writes equal text for every spelling of a venue price with up to 8 decimals', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), fc.integer({ min: 0, max: 8 }), (ticks, decimals) => {
      const digits = String(ticks).padStart(decimals + 1, '0')
      const text = decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits
      const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text
      expect(canonicalDecimal(Number(text))).toBe(plain)
      expect(canonicalDecimal(Number(`${text}${decimals ? '00' : '.00'}`))).toBe(plain)
    }))
  })
})

it('canonical lines', () => {
  expect(canonicalCandle({ open_time: 1, open: 1.5, high: 2, low: 1, close: 1.25, volume: 236156.0 })).toBe('1,1.5,2,1,1.25,236156')
  expect(canonicalTrade({ trade_id: 7, event_time: 9, price: 39432.48, quantity: 0.000263, buyer_maker: true })).toBe('7,9,39432.48,0.000263,1')
  expect(canonicalFeature({ symbol: 'BTCUSDT', open_time: 1, close: 2.5, values: [null, -0.1, -0, 1e-9, 0.1 + 0.2] })).toBe('BTCUSDT,1,2.5,,-0.1,0,0.000000001,0.3')
  expect(canonicalForecast({ symbol: 'BTCUSDT', open_time: 1, horizon_bars: 3, value: -1e-7, low: -0.5, high: 0.5 })).toBe('BTCUSDT,1,3,-0.0000001,-0.5,0.5')
  expect(canonicalForecastScore({ symbol: 'BTCUSDT', open_time: 1, horizon_bars: 3, value: 0, actual: -2 })).toBe('BTCUSDT,1,3,0,-2')
  const account = { cash: -1e-7, position: 0.5, cost: 1, fees_paid: 2, traded: 3 }
  expect(canonicalSignal({ symbol: 'BTCUSDT', open_time: 1, action: 'sell', size: 1, account })).toBe('BTCUSDT,1,sell,1,-0.0000001,0.5')
})
