import type { Trade, WorkflowSummary } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { bookRows, spreadOf } from './book-rows.ts'
import { formatDuration, formatInstant, priceDecimals, trimDecimal } from './format.ts'
import { mergeTrades, tapeRows } from './merge-trades.ts'
import { composeTimeRange, emptyForm, formProblems, groupTypes, readSymbols, toRequest } from './workflow-form.ts'
import { mergeWorkflows } from './workflow-view.ts'

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

describe('text', () => {
  it.each([[4, '4 s'], [60, '1 min'], [200, '3 min 20 s'], [7_500, '2 h 5 min'], [86_400 * 3 + 3_600 * 4, '3 d 4 h']])('says %d s as %s', (s, text) => expect(formatDuration(s)).toBe(text))
  it('keeps the precision of prices', () => {
    expect(formatInstant(Date.UTC(2024, 7, 1, 12, 30))).toBe('2024-08-01 12:30')
    expect(priceDecimals([1, 2.5, 0.125])).toBe(3)
    expect([trimDecimal('61730.17000000', 2), trimDecimal('5.00'), trimDecimal('5', 2)]).toEqual(['61730.17', '5', '5.00'])
  })
})

describe('the form', () => {
  const values = { ...emptyForm(Date.UTC(2024, 7, 8, 5)), symbols: 'btcusdt, ethusdt btcusdt', types: ['api_trades'] }
  it('writes what the API reads', () => {
    expect(readSymbols(values.symbols)).toEqual(['BTCUSDT', 'ETHUSDT'])
    expect(toRequest(values)).toEqual({ symbols: ['BTCUSDT', 'ETHUSDT'], types: ['api_trades'], time_range: '2024-08-01:2024-08-08' })
    expect(composeTimeRange('2024-08-01T12:30', '')).toBe('2024-08-01T12:30Z:')
    expect(toRequest({ ...values, shards: '4', source: 'rest', name: ' x ' })).toMatchObject({ name: 'x', options: { shards: 4, source: 'rest' } })
  })
  it('says what is missing, field by field', () => {
    expect(formProblems(values)).toEqual({})
    expect(Object.keys(formProblems({ ...values, symbols: ' ', types: [], from: '', to: '' }))).toEqual(['symbols', 'types', 'from', 'to'])
    expect(formProblems({ ...values, to: '' }).to).toContain('History needs an end')
    expect(formProblems({ ...values, types: ['ws_trades'], to: '' })).toEqual({})
    expect(formProblems({ ...values, to: values.from }).to).toContain('later')
  })
  it('offers only what is available, in groups', () => {
    const type = (name: string, available = true) => ({ type: name as 'api_trades', description: name, source: 'api' as const, venues: [], available })
    expect(groupTypes({ types: [type('api_candles_5m'), type('api_trades'), type('ws_orderbook'), type('ws_trades', false)] }))
      .toMatchObject([{ title: 'History: candles', types: [{ label: '5m' }] }, { title: 'History', types: [{ label: 'trades' }] }, { title: 'Live', types: [{ label: 'order book' }] }])
  })
})

describe('the list of workflows', () => {
  it('takes changes in and removed ones out, newest first', () => {
    const workflow = (workflow_id: string, created_at: number, status = 'running') => ({ workflow_id, created_at, status }) as WorkflowSummary
    const merged = mergeWorkflows([workflow('a', 1), workflow('b', 2)], [workflow('c', 3), workflow('a', 1, 'failed')], ['b'])
    expect(merged.map((w) => [w.workflow_id, w.status])).toEqual([['c', 'running'], ['a', 'failed']])
  })
})
