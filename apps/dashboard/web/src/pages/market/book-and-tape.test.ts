import type { Trade } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { bookRows, spreadOf } from './book-rows.ts'
import { mergeTrades, tapeRows } from './merge-trades.ts'

const trade = (trade_id: number) => ({ trade_id }) as Trade
const level = (price: string, quantity: string) => ({ price, quantity })

describe('the tape', () => {
  it('holds the newest trades once and shows where ids jump', () => {
    const trades = mergeTrades([trade(5), trade(3)], [trade(5), trade(9), trade(4)], 3)
    expect(trades.map((t) => t.trade_id)).toEqual([9, 5, 4])
    expect(tapeRows(trades).map((r) => r.missingBelow)).toEqual([3, 0, 0])
  })
})

describe('the book', () => {
  it('adds up from the best level, both sides on one scale', () => {
    const rows = bookRows([level('10', '1'), level('9', '3')], [level('11', '2')], 5)
    expect(rows.bids.map((r) => [r.total, r.share])).toEqual([[1, 0.25], [4, 1]])
    expect(rows.asks[0]!.share).toBe(0.5)
    expect(spreadOf(rows.bids, rows.asks)).toEqual({ absolute: 1, relative: 1 / 10.5, middle: 10.5 })
    expect(spreadOf([], rows.asks)).toBeUndefined()
  })
})
