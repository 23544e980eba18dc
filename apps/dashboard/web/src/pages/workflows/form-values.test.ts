import type { WorkflowSummary } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { composeTimeRange, emptyForm, formProblems, fromRequest, groupTypes, readSymbols, toRequest, typesOf } from './form-values.ts'
import { mergeWorkflows } from './workflow-view.ts'

describe('the form', () => {
  const values = { ...emptyForm(Date.UTC(2024, 7, 8, 5)), symbols: 'btcusdt, ethusdt btcusdt', types: ['api_trades'] }
  it('writes what the API reads', () => {
    expect(readSymbols(values.symbols)).toEqual(['BTCUSDT', 'ETHUSDT'])
    expect(toRequest(values)).toEqual({ symbols: ['BTCUSDT', 'ETHUSDT'], types: ['api_trades'], time_range: '2024-08-01:2024-08-08' })
    expect(composeTimeRange('2024-08-01T12:30', '')).toBe('2024-08-01T12:30Z:')
    expect(toRequest({ ...values, shards: '4', source: 'rest', name: ' x ' })).toMatchObject({ name: 'x', options: { shards: 4, source: 'rest' } })
  })
  it('names the venue where it is another than usual', () => {
    expect(toRequest({ ...values, venue: 'yahoo', symbols: 'aapl' })).toMatchObject({ venue: 'yahoo', symbols: ['AAPL'] })
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
    const types = [{ ...type('api_trades'), venues: ['binance'] }, { ...type('api_candles_1d'), venues: ['binance', 'yahoo'] }]
    expect(typesOf({ types }, 'yahoo').map((t) => t.type)).toEqual(['api_candles_1d'])
  })
})

describe('a saved request', () => {
  const values = { ...emptyForm(Date.UTC(2024, 7, 8, 5)), symbols: 'BTCUSDT, ETHUSDT', types: ['api_candles_5m', 'ws_trades'] }
  const pipeline = { ...values.pipeline, type: 'train_gnn' as const, training: { epochs: '7' }, kinds: ['correlation' as const] }
  it.each([
    ['plain', values], ['of another venue, with options', { ...values, venue: 'yahoo', name: 'x', shards: '4', source: 'rest' as const, maxAttempts: '9' }],
    ['until stopped, by minutes', { ...values, from: '2024-08-01T12:30', to: '' }], ['between minutes', { ...values, from: '2024-08-01T12:30', to: '2024-08-02T01:15' }],
    ['with a network', { ...values, pipeline }], ['with an agent', { ...values, pipeline: { ...values.pipeline, type: 'trade_agent' as const, agent: { steps: '500' } } }],
  ])('comes back into the form: %s', (_, given) => {
    expect(fromRequest(toRequest(given))).toEqual(given)
    // As the server has filled it in.
    const request = toRequest(given)
    const filled = { ...request, venue: request.venue ?? 'binance', options: { source: 'auto' as const, max_attempts: 5, ...request.options } }
    expect(fromRequest(filled)).toEqual(given)
  })
  it('may have times in other spellings', () => {
    const range = (time_range: string) => { const { from, to } = fromRequest({ symbols: ['A'], types: ['api_trades'], time_range }); return [from, to] }
    expect(range('1722470400:1722556800000')).toEqual(['2024-08-01T00:00', '2024-08-02T00:00'])
    expect(range('2024-08-01T12:30:00Z:2024-08-02')).toEqual(['2024-08-01T12:30', '2024-08-02T00:00'])
    expect(range('2024-08-01:')).toEqual(['2024-08-01T00:00', ''])
  })
})

describe('the list of workflows', () => {
  it('takes changes in and removed ones out, newest first', () => {
    const workflow = (workflow_id: string, created_at: number, status = 'running') => ({ workflow_id, created_at, status }) as WorkflowSummary
    const merged = mergeWorkflows([workflow('a', 1), workflow('b', 2)], [workflow('c', 3), workflow('a', 1, 'failed')], ['b'])
    expect(merged.map((w) => [w.workflow_id, w.status])).toEqual([['c', 'running'], ['a', 'failed']])
  })
})
