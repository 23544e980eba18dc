import { BookDiff, BookTicker, Candle, Trade } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { liveVenueNamed, liveVenues } from './live-venues.ts'

const at = 1_722_470_460_123
const binance = liveVenueNamed('binance')
const coinbase = liveVenueNamed('coinbase')
const combined = (stream: string, data: object) => JSON.stringify({ stream, data })
const trade = { e: 'aggTrade', E: at, s: 'BTCUSDT', a: 26129, p: '0.01633102', q: '4.70443515', f: 27781, l: 27781, T: at - 5, m: true, M: true }
const kline = {
  t: 1_722_470_400_000, T: 1_722_470_459_999, s: 'BTCUSDT', i: '1m', f: 1, L: 9, o: '1', c: '2', h: '3', l: '0.5', v: '10', n: 9, x: true, q: '20', V: '5', Q: '9', B: '0',
}

describe('Binance frames', () => {
  it('become records that fit the contracts, known at their receipt', () => {
    const read = (stream: string, data: object) => binance.read(combined(stream, data), at)
    const frames = [
      read('btcusdt@aggTrade', trade),
      read('btcusdt@kline_1m', { e: 'kline', E: at, s: 'BTCUSDT', k: kline }),
      read('btcusdt@depth@100ms', { e: 'depthUpdate', E: at, s: 'BTCUSDT', U: 157, u: 160, b: [['0.0024', '10']], a: [['0.0026', '0']] }),
      read('btcusdt@bookTicker', { u: 400, s: 'BTCUSDT', b: '25.35', B: '31.21', a: '25.36', A: '40.66' }),
    ]
    const schemas = { trade: Trade, candle: Candle, book_diff: BookDiff, book_ticker: BookTicker }
    for (const frame of frames) {
      expect(Object.keys(schemas)).toContain(frame.kind)
      if (!('record' in frame)) throw new Error('no record')
      expect(schemas[frame.kind].parse(frame.record)).toEqual(frame.record)
      expect(frame.record.known_time).toBe(at)
    }
    expect(frames[0]).toMatchObject({ stream: 'btcusdt@aggTrade', record: { trade_id: 26129, price: 0.01633102, event_time: at - 5, backfilled: false } })
    expect(frames[1]).toMatchObject({ closed: true, record: { event_time: 1_722_470_460_000, trade_count: 9 } })
  })

  it('tell what became of a subscription', () => {
    expect(binance.read('{"result":null,"id":3}', at)).toEqual({ kind: 'answer', id: 3, error: undefined })
    expect(binance.read('{"error":{"code":2,"msg":"Invalid request"},"id":4}', at)).toMatchObject({ id: 4, error: { code: 'VENUE_REJECTED' } })
  })

  it.each([
    ['truncated', combined('btcusdt@aggTrade', trade).slice(0, 60)],
    ['a price that is none', combined('btcusdt@aggTrade', { ...trade, p: '1,5' })],
    ['an id that is none', combined('btcusdt@aggTrade', { ...trade, a: 1.5 })],
    ['a time that is none', combined('btcusdt@aggTrade', { ...trade, T: 5 })],
    ['a symbol that is none', combined('btcusdt@aggTrade', { ...trade, s: 'btc usdt' })],
    ['off the grid', combined('btcusdt@kline_1m', { e: 'kline', s: 'BTCUSDT', k: { ...kline, t: kline.t + 1 } })],
    ['unknown event', combined('btcusdt@aggTrade', { e: 'surprise' })],
    ['no object', '[1,2]'],
  ])('are refused with their head: %s', (_what, text) => {
    expect(() => binance.read(text, at)).toThrow(expect.objectContaining({ code: 'VENUE_BAD_RESPONSE', message: expect.stringContaining(JSON.stringify(text.slice(0, 120))) as string }))
  })
})

describe('Coinbase frames', () => {
  const match = { type: 'match', trade_id: 10, product_id: 'BTC-USD', size: '5.23512', price: '400.23', side: 'sell', time: '2024-08-01T00:01:00.123000Z' }

  it('become trades; heartbeats tell the last id', () => {
    const frame = coinbase.read(JSON.stringify(match), at)
    expect(frame).toMatchObject({ kind: 'trade', stream: 'BTC-USD', record: { symbol: 'BTCUSD', trade_id: 10, buyer_maker: false, event_time: 1_722_470_460_123 } })
    if (frame.kind === 'trade') expect(Trade.parse(frame.record)).toEqual(frame.record)
    expect(coinbase.read('{"type":"heartbeat","last_trade_id":20,"product_id":"BTC-USD","sequence":1}', at)).toEqual({ kind: 'last_trade', stream: 'BTC-USD', tradeId: 20 })
    expect(coinbase.streams('BTCUSD', 'ws_trades')).toEqual(['BTC-USD'])
    expect(() => coinbase.streams('BTCUSD', 'ws_orderbook')).toThrow(expect.objectContaining({ code: 'UNKNOWN_TYPE' }))
  })
})

describe.each(Object.values(liveVenues))('$name', (venue) => {
  it('reads any text as a frame or refuses it with a code', () => {
    const texts = fc.oneof(fc.string(), fc.json(), fc.record({ stream: fc.string(), data: fc.object(), type: fc.string() }).map((r) => JSON.stringify(r)),
      fc.record({ e: fc.constantFrom('aggTrade', 'kline', 'depthUpdate', 'bookTicker'), s: fc.string(), k: fc.object() }).map((data) => combined('x@bookTicker', data)))
    fc.assert(fc.property(texts, (text) => {
      try {
        expect(typeof venue.read(text, at).kind).toBe('string')
      } catch (error) {
        expect(error).toMatchObject({ code: 'VENUE_BAD_RESPONSE' })
      }
    }))
  })
})

it('names the venues with live streams when one has none', () => {
  expect(() => liveVenueNamed('kraken')).toThrow(expect.objectContaining({ code: 'UNKNOWN_VENUE' }))
})
