import { describe, expect, it } from 'vitest'
import { alertDefinitions, alertIdentity, alertKey, alertMeasures, AlertDefinition, Silence, silenceCovers } from './alerts.ts'

describe('the definitions of alerts', () => {
  it.each(alertDefinitions.map((definition) => [definition.id, definition] as const))('%s speaks of what its measure has', (_, definition) => {
    expect(AlertDefinition.parse(definition)).toEqual(definition)
    const labels: readonly string[] = alertMeasures[definition.measure].labels
    const named = [...definition.summary.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!)
    expect(named.filter((name) => name !== 'value' && !labels.includes(name))).toEqual([])
    expect(Object.keys(definition.where ?? {}).filter((name) => !labels.includes(name))).toEqual([])
  })

  it('are told apart, and every measure is used', () => {
    expect(new Set(alertDefinitions.map(({ id }) => id)).size).toBe(alertDefinitions.length)
    expect(new Set(alertDefinitions.map(({ measure }) => measure))).toEqual(new Set(Object.keys(alertMeasures)))
  })
})

describe('keys of alerts', () => {
  it('are made of what the alert is, whatever the order of its labels', () => {
    const one = alertIdentity('no_data', { venue: 'binance', symbol: 'BTCUSDT' })
    expect(alertIdentity('no_data', { symbol: 'BTCUSDT', venue: 'binance' })).toBe(one)
    expect(alertIdentity('no_data', { symbol: 'ETHUSDT', venue: 'binance' })).not.toBe(one)
    expect(alertKey({ alert: 'no_data', labels: { symbol: 'a b/c' }, starts_at: 1_722_470_400_000 })).toBe('no_data:a-b-c_1722470400000')
  })
})

describe('a silence', () => {
  const alert = { alert: 'no_data', severity: 'critical' as const, labels: { venue: 'binance', symbol: 'BTCUSDT' } }
  const from = 1_700_000_000_000
  const silence = (conditions: Partial<Silence>) => Silence.parse({ id: 's', from, to: from + 1_000, comment: 'why', author: 'ada', ...conditions })
  it.each<[Partial<Silence>, boolean]>([
    [{}, true], [{ alert: 'no_data' }, true], [{ alert: 'stale' }, false], [{ severity: 'critical' }, true], [{ severity: 'warning' }, false],
    [{ labels: { venue: 'binance' } }, true], [{ labels: { venue: 'binance', symbol: 'ETHUSDT' } }, false], [{ labels: { target: 'predictor' } }, false],
  ])('of %j covers it: %s', (conditions, covers) => expect(silenceCovers(silence(conditions), alert, from)).toBe(covers))

  it('lasts from its first instant to before its last', () => {
    expect([from - 1, from, from + 999, from + 1_000].map((now) => silenceCovers(silence({}), alert, now))).toEqual([false, true, true, false])
  })
})
