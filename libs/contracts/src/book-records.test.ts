import { describe, expect, it } from 'vitest'
import { BookDiff, bookKeyRange, bookRecordKey, BookSnapshot, BookSymbol, DecimalText, type BookGap, type BookTicker } from './book-records.ts'
import { DataMessage, recordKey } from './records.ts'

const instrument = { venue: 'binance', symbol: 'BTCUSDT', market: 'spot' } as const
const times = { event_time: 1_723_161_255_208, known_time: 1_723_161_255_300 }
const diff: BookDiff = {
  kind: 'book_diff', ...instrument, first_update_id: 7, final_update_id: 9, bids: [['61730.17000000', '0.00000000']], asks: [], ...times,
}
const snapshot: BookSnapshot = {
  kind: 'book_snapshot', ...instrument, last_update_id: 9, depth: 5, bids: [], asks: [['61837.64', '1.5']], source: 'rest', ...times,
}
const gap: BookGap = {
  kind: 'book_gap', ...instrument, expected_id: 10, got_id: 14, from: times.event_time, to: times.event_time, reason: 'sequence',
  known_time: times.known_time,
}
const ticker: BookTicker = {
  kind: 'book_ticker', ...instrument, update_id: 9, bid_price: '1', bid_quantity: '2', ask_price: '3', ask_quantity: '4', ...times,
}

describe('book records', () => {
  it.each([diff, snapshot, gap, ticker])('travel on the data topic: $kind', (record) => {
    expect(DataMessage.parse(JSON.parse(JSON.stringify(record)))).toEqual(record)
  })

  it('have keys that sort by update id, across kinds', () => {
    const later = { ...diff, first_update_id: 10, final_update_id: 100_000 }
    const keys = [diff, snapshot, ticker, gap, later].map(recordKey)
    expect(keys).toEqual([...keys].sort())
    expect(keys[0]).toBe('BTCUSDT_spot_book_0000000000000009_diff')
    expect(new Set(keys).size).toBe(5)
  })

  it('lie in the key range of their update ids, ends included', () => {
    const range = bookKeyRange('BTCUSDT', 'spot', 9, 10)
    const inside = (key: string) => key >= range.from && key < range.to
    expect([diff, snapshot, gap, ticker].map(bookRecordKey).every(inside)).toBe(true)
    expect(inside(bookRecordKey({ ...diff, final_update_id: 11 }))).toBe(false)
    expect(inside(bookRecordKey({ ...ticker, update_id: 8 }))).toBe(false)
  })

  it('of futures must carry the previous final id, and ids in order', () => {
    expect(BookDiff.safeParse({ ...diff, market: 'usdm' }).success).toBe(false)
    expect(BookDiff.safeParse({ ...diff, market: 'usdm', previous_final_update_id: 6 }).success).toBe(true)
    expect(BookDiff.safeParse({ ...diff, first_update_id: 10 }).success).toBe(false)
  })

  it.each(['1e-7', '-1', '', '.5', '1.', '0x10', ' 1', 'NaN'])('refuse %j as a decimal', (text) => {
    expect(DecimalText.safeParse(text).success).toBe(false)
  })

  it('name perpetual and delivery contracts', () => {
    expect(['BTCUSDT', 'BTCUSD_PERP', 'BTCUSD_240927'].every((s) => BookSymbol.safeParse(s).success)).toBe(true)
    expect(BookSymbol.safeParse('BTC/USDT').success).toBe(false)
  })
})
