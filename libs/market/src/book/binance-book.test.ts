import { describe, expect, it } from 'vitest'
import { BookDiff, BookSnapshot, BookTicker } from '@streamforge/contracts'
import { binanceBookDiff, binanceBookSnapshot, binanceBookTicker } from './binance-book.ts'
import { spot, usdm } from './book.test-support.ts'

const now = 1_723_161_255_300
const depthUpdate = { e: 'depthUpdate', E: 1_723_161_255_208, s: 'BTCUSDT', U: 5, u: 7, b: [['61737.63000000', '0.00000000']], a: [] }

describe('Binance order book messages', () => {
  it('become valid records', () => {
    expect(BookDiff.parse(binanceBookDiff(depthUpdate, spot, now))).toMatchObject({ first_update_id: 5, final_update_id: 7, event_time: depthUpdate.E })
    expect(BookDiff.parse(binanceBookDiff({ ...depthUpdate, pu: 3 }, usdm, now))).toMatchObject({ previous_final_update_id: 3 })
    expect(BookSnapshot.parse(binanceBookSnapshot({ lastUpdateId: 9, bids: [['1', '2']], asks: [] }, spot, 1000, now)))
      .toMatchObject({ last_update_id: 9, depth: 1000, event_time: now })
    expect(BookTicker.parse(binanceBookTicker({ u: 4, s: 'BTCUSDT', b: '1', B: '2', a: '3', A: '4' }, spot, now))).toMatchObject({ ask_price: '3' })
  })

  it('may carry microseconds', () => {
    expect(binanceBookDiff({ ...depthUpdate, E: 1_723_161_255_208_123 }, spot, now).event_time).toBe(1_723_161_255_208)
  })

  it.each([
    [null, spot], ['x', spot], [{ ...depthUpdate, U: '5' }, spot], [{ ...depthUpdate, U: 8 }, spot], [{ ...depthUpdate, b: null }, spot],
    [{ ...depthUpdate, a: [['1', 2]] }, spot], [{ ...depthUpdate, a: ['1'] }, spot], [{ ...depthUpdate, E: 'now' }, spot],
    [{ ...depthUpdate, u: 2 ** 53 }, spot], [depthUpdate, usdm],
  ])('are refused when malformed: %j', (data, instrument) => {
    expect(() => binanceBookDiff(data, instrument, now)).toThrow(expect.objectContaining({ code: 'VENUE_BAD_RESPONSE' }))
  })
})
