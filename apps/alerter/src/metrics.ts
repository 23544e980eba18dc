import { alertMeasureNames, alertMeasures, type AlertMeasure } from '@streamforge/contracts'
import type { Reading } from '@streamforge/market'
import { Counter, Gauge, type Registry } from 'prom-client'

export type AlerterMetrics = ReturnType<typeof registerMetrics>

/** What the alerter counts, and its readings as gauges, on which the rules for Prometheus are. */
export function registerMetrics(registry: Registry) {
  const registers = [registry]
  const gauges = new Map<AlertMeasure, Gauge>(alertMeasureNames.map((name) => {
    const { help, labels } = alertMeasures[name]
    return [name, new Gauge({ name, help, labelNames: labels, registers })]
  }))
  const active = new Gauge({ name: 'streamforge_alerts_active', help: 'Alerts that go on', labelNames: ['alert', 'severity'], registers })
  const pending = new Gauge({ name: 'streamforge_alert_deliveries_pending', help: 'Notices that are not delivered yet', labelNames: ['channel'], registers })
  return {
    evaluations: new Counter({ name: 'streamforge_alert_evaluations_total', help: 'Times that all alerts were looked at', registers }),
    deliveries: new Counter({
      name: 'streamforge_alert_deliveries_total', help: 'Attempts to deliver a notice', labelNames: ['channel', 'result'], registers,
    }),
    show(readings: readonly Reading[], firing: readonly { alert: string; severity: string }[]) {
      for (const gauge of gauges.values()) gauge.reset()
      for (const { measure, labels, value } of readings) gauges.get(measure)!.set({ ...labels }, value)
      active.reset()
      for (const { alert, severity } of firing) active.inc({ alert, severity })
    },
    showPending(counts: Readonly<Record<string, number>>) {
      pending.reset()
      for (const [channel, count] of Object.entries(counts)) pending.set({ channel }, count)
    },
  }
}
