import type { ShownAlert } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { coverage, draftFor, emptyDraft, firingSummary, readLabels, requestOf } from './alerts-view.ts'

const alert: Pick<ShownAlert, 'alert' | 'labels'> = { alert: 'no_data', labels: { venue: 'binance', symbol: 'BTCUSDT' } }

describe('labels of a silence', () => {
  it('are read with blanks or commas between them', () => {
    expect(readLabels(' venue=binance,symbol=BTCUSDT\n')).toEqual({ labels: alert.labels })
    expect(readLabels('')).toEqual({ labels: {} })
    expect(readLabels('topic=wf-1-data code=A=B')).toEqual({ labels: { topic: 'wf-1-data', code: 'A=B' } })
  })

  it.each([['venue', /‘venue’ is not name=value/], ['Venue=x', /is not name=value/], ['venue=', /is not name=value/], ['venue=a venue=b', /twice/]])('%j is refused in words', (text, problem) => {
    expect(readLabels(text)).toEqual({ problem: expect.stringMatching(problem) as string })
  })
})

describe('a silence', () => {
  it('made of an alert asks for what is like it', () => {
    const draft = { ...draftFor(alert, { ...emptyDraft, severity: 'info', minutes: 240 }), comment: ' maintenance ' }
    expect(requestOf(draft)).toEqual({ request: { alert: 'no_data', labels: alert.labels, minutes: 240, comment: 'maintenance' } })
    expect(requestOf({ ...draft, labels: 'x' })).toHaveProperty('problem')
  })

  it('says what it covers', () => {
    const kinds = [{ id: 'no_data', title: 'No data' }]
    expect(coverage({ alert: 'no_data', severity: 'critical', labels: { venue: 'binance' } }, kinds)).toBe('No data, critical, venue=binance')
    expect(coverage({ alert: 'of_another_version', labels: {} }, kinds)).toBe('of_another_version')
    expect(coverage({ labels: {} }, kinds)).toBe('all alerts')
  })
})

it('alerts that go on are counted, and those that are silenced', () => {
  const one = (silenced: string[]) => ({ silenced_by: silenced }) as ShownAlert
  expect(firingSummary([one([])])).toBe('1 goes on')
  expect(firingSummary([one([]), one(['a', 'b'])])).toBe('2 go on, 1 silenced')
})
