import { alertDefinitions, type AlertDefinition } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advanceAlerts, overrideDefinitions, writeSummary, type AlertState } from './advance-alerts.ts'
import type { Reading } from './reading.ts'

const definition: AlertDefinition = {
  id: 'no_data', kind: 'no_data', severity: 'critical', title: 'No data', summary: '{symbol}: {value} {nothing}', measure: 'streamforge_series_silence_intervals',
  above: 3, for_ms: 100, keep_ms: 50,
}
const labels = { venue: 'binance', symbol: 'BTCUSDT', series: 'ws_trades' }
const reading = (value: number): Reading => ({ measure: definition.measure, labels, value })

interface Step { wait: number; value: number | undefined }
const steps = fc.array(fc.record({ wait: fc.integer({ min: 1, max: 60 }), value: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }) }), { maxLength: 80 })

/** What ought to happen, told from the whole history at every step. */
function* byHistory(given: readonly Step[]) {
  let now = 0
  let raisedFrom: number | undefined
  let lastAbove = 0
  let firing = false
  for (const { wait, value } of given) {
    now += wait
    const above = value !== undefined && value > definition.above
    if (above) raisedFrom ??= now
    else raisedFrom = undefined
    if (above) lastAbove = now
    const began: boolean = !firing && raisedFrom !== undefined && now - raisedFrom >= definition.for_ms
    const ended: boolean = firing && !above && now - lastAbove >= definition.keep_ms
    firing = (firing || began) && !ended
    yield { now, value, began, ended, firing }
  }
}

describe('an alert', () => {
  it('begins after for_ms without a break, and ends keep_ms after it was last above', () => {
    fc.assert(fc.property(steps, (given) => {
      let alerts: Map<string, AlertState> = new Map()
      for (const { now, value, began, ended, firing } of byHistory(given)) {
        const changes = advanceAlerts(alerts, value === undefined ? [] : [reading(value)], [definition], { now, absent: 'fine' })
        alerts = changes.alerts
        expect([changes.began.length, changes.ended.length]).toEqual([Number(began), Number(ended)])
        expect([...alerts.values()].some(({ startsAt }) => startsAt !== undefined)).toBe(firing)
      }
    }), { numRuns: 500 })
  })

  it('does not end for want of a reading while readings are not to be expected yet', () => {
    let { alerts } = advanceAlerts(new Map(), [reading(9)], [{ ...definition, for_ms: 0 }], { now: 1, absent: 'fine' })
    for (let now = 10; now < 1_000; now += 100) {
      const changes = advanceAlerts(alerts, [], [definition], { now, absent: 'unknown' })
      expect(changes.ended).toEqual([])
      alerts = changes.alerts
    }
    expect(advanceAlerts(alerts, [reading(0)], [definition], { now: 2_000, absent: 'unknown' }).ended).toHaveLength(1)
    expect(advanceAlerts(alerts, [], [definition], { now: 2_000, absent: 'fine' }).ended).toHaveLength(1)
  })

  it('is one for each set of labels, and only for those that it is about', () => {
    const other: Reading = { ...reading(5), labels: { ...labels, symbol: 'ETHUSDT' } }
    const where = { ...definition, for_ms: 0, where: { symbol: 'ETHUSDT' } }
    expect(advanceAlerts(new Map(), [reading(5), other], [{ ...definition, for_ms: 0 }], { now: 1, absent: 'fine' }).began).toHaveLength(2)
    expect(advanceAlerts(new Map(), [reading(5), other], [where], { now: 1, absent: 'fine' }).began.map((state) => state.labels)).toEqual([other.labels])
  })

  it('ends when nobody wants it any more', () => {
    const { alerts } = advanceAlerts(new Map(), [reading(9)], [{ ...definition, for_ms: 0 }], { now: 1, absent: 'fine' })
    expect(advanceAlerts(alerts, [reading(9)], [], { now: 100, absent: 'unknown' }).ended).toHaveLength(1)
  })
})

describe('definitions', () => {
  it('can be changed and left out by id, and by no other name', () => {
    const changed = overrideDefinitions(alertDefinitions, { gap: { off: true }, no_data: { above: 9 } })
    expect(changed.some(({ id }) => id === 'gap')).toBe(false)
    expect(changed.find(({ id }) => id === 'no_data')).toMatchObject({ above: 9, severity: 'critical' })
    expect(() => overrideDefinitions(alertDefinitions, { nodata: {} })).toThrow('there is no alert nodata')
  })

  it('are told with what they are about', () => {
    expect(writeSummary(definition, labels, 12.3456)).toBe('BTCUSDT: 12.3 {nothing}')
    expect(writeSummary(definition, labels, 1234.56)).toBe('BTCUSDT: 1235 {nothing}')
  })
})
