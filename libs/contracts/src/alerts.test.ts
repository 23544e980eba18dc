import { describe, expect, it } from 'vitest'
import { alertDefinitions, alertIdentity, alertKey, alertMeasures, AlertDefinition } from './alerts.ts'

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
