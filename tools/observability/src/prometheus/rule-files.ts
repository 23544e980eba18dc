import { alertDefinitions, alertMeasures, type AlertDefinition } from '@streamforge/contracts'
import { stringify } from 'yaml'
import { alertName, alertRule, watchdogRules } from './alert-rules.ts'

const header = `# Made from libs/contracts/src/alerts.ts by 'npm run docs'; do not edit.\n`
const toYaml = (value: unknown) => header + stringify(value, { lineWidth: 0 })

/** k8s/observability/rules/streamforge.yaml: a rule file for Prometheus 2.42 or newer. */
export function ruleFile(definitions: readonly AlertDefinition[] = alertDefinitions): string {
  return toYaml({ groups: [
    { name: 'streamforge-data', interval: '15s', rules: definitions.filter(({ kind }) => kind !== 'service').map(alertRule) },
    { name: 'streamforge-services', interval: '15s', rules: [...definitions.filter(({ kind }) => kind === 'service').map(alertRule), ...watchdogRules] },
  ] })
}

const stepSeconds = 15
const step = `${stepSeconds}s`

/**
 * Unit tests for promtool: of each alert one series that stays at its threshold and one that is above it for a time, each with labels of its own. The
 * alert must be there for the second only, not before `for` is over and not after `keep_firing_for`.
 */
export function ruleTestFile(definitions: readonly AlertDefinition[] = alertDefinitions): string {
  return toYaml({ rule_files: ['streamforge.yaml'], evaluation_interval: step, tests: [...definitions.map(ruleTest), alerterDown, undelivered, slowed, unknown] })
}

function ruleTest(definition: AlertDefinition) {
  const { id, measure, above, for_ms, keep_ms, where = {} } = definition
  const labels = (text: string) => ({ ...Object.fromEntries(alertMeasures[measure].labels.map((name) => [name, text])), ...where })
  const series = (text: string) => `${measure}{${Object.entries({ ...labels(text), service: 'alerter', instance: 'a' }).map(([k, v]) => `${k}=${JSON.stringify(v)}`).join(',')}}`
  const rises = 4
  // Above for as long as it takes, and one step more.
  const aboveSteps = Math.ceil(for_ms / 1_000 / stepSeconds) + 2
  const begins = (rises + Math.ceil(for_ms / 1_000 / stepSeconds)) * stepSeconds
  const comesDown = (rises + aboveSteps) * stepSeconds
  const over = comesDown + Math.ceil(keep_ms / 1_000 / stepSeconds) * stepSeconds
  const value = above + 1
  const { labels: ruleLabels, annotations } = alertRule(definition)
  const told = { exp_labels: { ...ruleLabels, ...labels('bad') }, exp_annotations: { ...annotations, summary: summaryOf(definition, labels('bad'), value) } }
  return {
    name: id, interval: step,
    input_series: [
      { series: series('good'), values: `${above}x80` },
      { series: series('bad'), values: `${above}x${rises - 1} ${value}x${aboveSteps - 1} ${above}x80` },
    ],
    alert_rule_test: [
      { eval_time: `${(rises - 1) * stepSeconds}s`, alertname: alertName(id), exp_alerts: [] },
      ...(for_ms > 0 ? [{ eval_time: `${begins - stepSeconds}s`, alertname: alertName(id), exp_alerts: [] }] : []),
      { eval_time: `${begins}s`, alertname: alertName(id), exp_alerts: [told] },
      { eval_time: `${over + stepSeconds}s`, alertname: alertName(id), exp_alerts: [] },
    ],
  }
}

/** As Prometheus writes it: `humanize` shortens thousands to k. */
function summaryOf({ summary }: AlertDefinition, labels: Record<string, string>, value: number): string {
  const humanized = value >= 1_000 ? `${Number((value / 1_000).toPrecision(4))}k` : String(value)
  return summary.replaceAll(/\{(\w+)\}/g, (whole, name: string) => (name === 'value' ? humanized : labels[name] ?? whole))
}

const [down, waiting, refusing, guessing] = watchdogRules
const alerterDown = {
  name: 'the alerter stands still, and is gone', interval: step,
  input_series: [{ series: 'streamforge_alert_evaluations_total{service="alerter"}', values: '0+15x40 600x60' }],
  alert_rule_test: [
    { eval_time: '10m', alertname: down!.alert, exp_alerts: [] },
    { eval_time: '23m', alertname: down!.alert, exp_alerts: [{ exp_labels: down!.labels, exp_annotations: down!.annotations }] },
  ],
}
const undelivered = {
  name: 'notices wait', interval: step,
  input_series: [
    { series: 'streamforge_alert_deliveries_pending{channel="mail"}', values: '2x80' }, { series: 'streamforge_alert_deliveries_pending{channel="telegram"}', values: '0x80' },
  ],
  alert_rule_test: [
    { eval_time: '9m', alertname: waiting!.alert, exp_alerts: [] },
    { eval_time: '11m', alertname: waiting!.alert, exp_alerts: [{
      exp_labels: { ...waiting!.labels, channel: 'mail' }, exp_annotations: { ...waiting!.annotations, summary: '2 notices wait for mail for 10 minutes' },
    }] },
  ],
}
const refusals = (labels: string, values: string) => ({ series: `streamforge_http_refusals_total{${labels}}`, values })
const slowed = {
  name: 'one who asks too often, and one who is refused now and then', interval: step,
  input_series: [
    // 6 each 15 s are 0.4 a second, and a mean of 5 minutes takes half of them to pass 0.2; 1 each 15 s is less, and who may not do a thing is not slowed.
    refusals('service="queue-manager",reason="reads",instance="a"', '0+3x80'), refusals('service="queue-manager",reason="reads",instance="b"', '0+3x80'),
    refusals('service="dashboard",reason="address"', '0+1x80'), refusals('service="dashboard",reason="not_allowed"', '0+30x80'),
  ],
  alert_rule_test: [
    { eval_time: '11m', alertname: refusing!.alert, exp_alerts: [] },
    { eval_time: '14m', alertname: refusing!.alert, exp_alerts: [{
      exp_labels: { ...refusing!.labels, service: 'queue-manager', reason: 'reads' },
      exp_annotations: { ...refusing!.annotations, summary: 'queue-manager refuses 400m requests a second that are more than is allowed (reads), for 10 minutes' },
    }] },
  ],
}
const unknown = {
  name: 'somebody guesses, and stops', interval: step,
  input_series: [refusals('service="queue-manager",reason="not_authenticated"', '0+30x40 1200x60'), refusals('service="dashboard",reason="not_authenticated"', '0+10x100')],
  alert_rule_test: [
    { eval_time: '4m', alertname: guessing!.alert, exp_alerts: [] },
    { eval_time: '9m', alertname: guessing!.alert, exp_alerts: [{
      exp_labels: { ...guessing!.labels, service: 'queue-manager' },
      exp_annotations: { ...guessing!.annotations, summary: 'queue-manager is asked 2 times a second by somebody who has not signed in: a token has expired, or is being guessed' },
    }] },
    { eval_time: '20m', alertname: guessing!.alert, exp_alerts: [] },
  ],
}
