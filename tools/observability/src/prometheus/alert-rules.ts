import { alertMeasures, type AlertDefinition } from '@streamforge/contracts'

/** A rule as Prometheus reads it. */
export interface AlertRule {
  alert: string
  expr: string
  for?: string
  keep_firing_for?: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

/** Milliseconds in Prometheus' words: 90s, 5m. */
export function promDuration(ms: number): string {
  if (ms % 60_000 === 0 && ms > 0) return `${ms / 60_000}m`
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`
}

/** `price_jump` as Alertmanager shows it: StreamForgePriceJump. */
export const alertName = (id: string) => `StreamForge${id.split('_').map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')}`

/** The same alert for Prometheus, over the reading that the alerter shows. */
export function alertRule({ id, kind, severity, title, summary, measure, where = {}, above, for_ms, keep_ms }: AlertDefinition): AlertRule {
  const selector = Object.entries(where).map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')
  // Without the labels of the process that shows it: another alerter after a restart must not be another alert.
  const labels = alertMeasures[measure].labels.join(', ')
  return {
    alert: alertName(id), expr: `max by (${labels}) (${measure}${selector && `{${selector}}`}) > ${above}`,
    ...(for_ms > 0 && { for: promDuration(for_ms) }), ...(keep_ms > 0 && { keep_firing_for: promDuration(keep_ms) }),
    labels: { severity, kind },
    annotations: {
      title, summary: summary.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === 'value' ? '{{ $value | humanize }}' : `{{ $labels.${name} }}`)),
      documentation: 'docs/ALERTS.md',
    },
  }
}

/** What only Prometheus can see: that the alerter itself is gone, or tells nobody, and what servers count of those whom they refuse. */
export const watchdogRules: readonly AlertRule[] = [
  {
    alert: 'StreamForgeAlerterDown', expr: 'absent(streamforge_alert_evaluations_total) or sum(rate(streamforge_alert_evaluations_total[5m])) == 0', for: '5m',
    labels: { severity: 'critical', kind: 'service' },
    annotations: { title: 'No alerts are looked at', summary: 'The alerter has not looked at its readings for 5 minutes: none of its alerts can be raised', documentation: 'docs/ALERTS.md' },
  },
  {
    alert: 'StreamForgeNoticesUndelivered', expr: 'sum by (channel) (streamforge_alert_deliveries_pending) > 0', for: '10m', labels: { severity: 'warning', kind: 'service' },
    annotations: { title: 'Notices are not delivered', summary: '{{ $value }} notices wait for {{ $labels.channel }} for 10 minutes', documentation: 'docs/ALERTS.md' },
  },
  {
    alert: 'StreamForgeCallersSlowed', expr: 'sum by (service, reason) (rate(streamforge_http_refusals_total{reason=~"reads|changes|address|quota"}[5m])) > 0.2', for: '10m',
    labels: { severity: 'warning', kind: 'service' },
    annotations: {
      title: 'Callers are refused', summary: '{{ $labels.service }} refuses {{ $value | humanize }} requests a second that are more than is allowed ({{ $labels.reason }}), for 10 minutes',
      documentation: 'docs/SECURITY.md',
    },
  },
  {
    alert: 'StreamForgeSignInsRefused', expr: 'sum by (service) (rate(streamforge_http_refusals_total{reason="not_authenticated"}[5m])) > 1', for: '5m',
    labels: { severity: 'warning', kind: 'service' },
    annotations: {
      title: 'Nobody known asks', summary: '{{ $labels.service }} is asked {{ $value | humanize }} times a second by somebody who has not signed in: a token has expired, or is being guessed',
      documentation: 'docs/SECURITY.md',
    },
  },
]
