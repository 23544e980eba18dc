import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { candleKeyRange, DataMessage, recordKey, tradeKeyRange, type Candle, type Trade } from './records.ts'

const candle = (open_time: number): Candle => ({
  kind: 'candle', venue: 'binance', symbol: 'BTCUSDT', interval: '5m', open_time, open: 1, high: 2, low: 0.5, close: 1.5, volume: 10,
  event_time: open_time + 300_000, known_time: open_time + 300_000, backfilled: true,
})
const trade = (trade_id: number): Trade => ({
  kind: 'trade', venue: 'binance', symbol: 'BTCUSDT', trade_id, price: 1, quantity: 2, buyer_maker: false,
  event_time: 1_722_470_400_000, known_time: 1_722_470_400_000, backfilled: true,
})
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

describe('recordKey', () => {
  it('says what the record is', () => {
    expect(recordKey(candle(1_722_470_400_000))).toBe('BTCUSDT_5m_1722470400000')
    expect(recordKey(trade(553_287_559))).toBe('BTCUSDT_trade_0000000553287559')
  })

  it('sorts trades as their ids, and a range holds exactly its ids', () => {
    const id = fc.integer({ min: 0, max: 9_999_999_999 })
    fc.assert(fc.property(id, id, id, (a, b, c) => {
      expect(order(recordKey(trade(a)), recordKey(trade(b)))).toBe(Math.sign(a - b))
      const [first, last] = [Math.min(b, c), Math.max(b, c)]
      const range = tradeKeyRange('BTCUSDT', first, last)
      const key = recordKey(trade(a))
      expect(range.from <= key && key < range.to).toBe(first <= a && a <= last)
    }))
  })

  it('keeps a candle range half-open', () => {
    const range = candleKeyRange('BTCUSDT', '5m', { from: 1_722_470_400_000, to: 1_722_470_700_000 })
    const within = (t: number) => range.from <= recordKey(candle(t)) && recordKey(candle(t)) < range.to
    expect([within(1_722_470_100_000), within(1_722_470_400_000), within(1_722_470_700_000)]).toEqual([false, true, false])
  })
})

describe('DataMessage', () => {
  it.each([
    ['a number as text', { ...candle(1_722_470_400_000), open: '1' }], ['an infinite price', { ...candle(1_722_470_400_000), high: Infinity }],
    ['a foreign field', { ...candle(1_722_470_400_000), extra: 1 }], ['seconds', { ...candle(1_722_470_400) }],
    ['a fraction of a millisecond', { ...candle(1_722_470_400_000.5) }], ['an unknown kind', { kind: 'quote' }],
  ])('refuses %s', (_, message) => expect(DataMessage.safeParse(message).success).toBe(false))
})
