import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { TimestampSeconds } from './queue-control.ts'

const minutes = 60_000
const series = ['venue', 'symbol', 'series'] as const

/**
 * What alerts are about: numbers that the alerter measures and shows as gauges at /metrics under these names. A reading past its alert's
 * threshold raises the alert, in the alerter and, by the rules made of these definitions, in Prometheus too.
 */
export const alertMeasures = {
  streamforge_series_silence_intervals: { help: 'Time without a record while the market is open, in lengths of the time that one should take', labels: series },
  streamforge_series_delay_intervals: { help: "Age of the newest record's event when it came, in the same unit", labels: series },
  streamforge_price_jump_deviations: { help: 'Newest log return of the close, in robust standard deviations from the median of those before', labels: series },
  streamforge_volume_spike_deviations: { help: 'Newest log volume, in robust standard deviations above the median of those before', labels: series },
  streamforge_book_crossed_updates: { help: 'Updates in a row of which the best bid was not below the best ask', labels: series },
  streamforge_series_missing_records: { help: 'Records of live data missing between those that came in the last 15 minutes', labels: series },
  streamforge_worker_silence_seconds: { help: 'Since the last event of a worker that has not ended', labels: ['queue_id', 'target'] },
  streamforge_job_recent_errors: { help: 'Errors that workers reported in the last 15 minutes', labels: ['target', 'code', 'retryable'] },
  streamforge_service_silence_seconds: { help: 'Since a service that is watched answered a ping', labels: ['target'] },
  streamforge_dead_letters_recent_messages: { help: 'Messages refused in the last 15 minutes, by their topic', labels: ['topic'] },
  streamforge_consumer_lag_messages: { help: 'Messages that a consumer group has not had yet', labels: ['group', 'topic'] },
  streamforge_feed_failures_in_a_row: { help: 'Runs of a fetcher that failed since one that did not', labels: ['feed'] },
  streamforge_canary_recent_refusals: { help: 'Times in the last hour that a new version made something else than the current one', labels: ['app', 'version'] },
} as const satisfies Record<string, { help: string; labels: readonly string[] }>
export type AlertMeasure = keyof typeof alertMeasures
export const alertMeasureNames = Object.keys(alertMeasures) as [AlertMeasure, ...AlertMeasure[]]

export const AlertSeverity = z.enum(['info', 'warning', 'critical'])
export type AlertSeverity = z.infer<typeof AlertSeverity>
export const AlertKind = z.enum(['no_data', 'stale', 'price_jump', 'volume_spike', 'crossed_book', 'gap', 'service'])
export type AlertKind = z.infer<typeof AlertKind>
export const AlertId = z.string().regex(/^[a-z][a-z0-9_]{2,40}$/)
const Labels = z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), z.string().max(250))

/** An alert is raised while its measure is above a threshold. */
export const AlertDefinition = z.strictObject({
  id: AlertId,
  kind: AlertKind,
  severity: AlertSeverity,
  title: z.string().min(1).max(80),
  summary: z.string().describe('For people; {label} and {value} stand for what they are of the reading'),
  measure: z.enum(alertMeasureNames),
  where: Labels.optional().describe('Only readings with these labels'),
  above: z.number().describe('The threshold: a reading above it raises the alert'),
  for_ms: z.int().nonnegative().describe('So long it must have been above before anybody is told'),
  keep_ms: z.int().nonnegative().describe('So long the alert goes on after the last reading above'),
})
export type AlertDefinition = z.infer<typeof AlertDefinition>

const instrument = '{symbol} on {venue} ({series})'

/** Every alert there is, once: the alerter evaluates these, and the rules for Prometheus are made of them. */
export const alertDefinitions: readonly AlertDefinition[] = [
  {
    id: 'no_data', kind: 'no_data', severity: 'critical', title: 'No data', measure: 'streamforge_series_silence_intervals',
    summary: `Nothing came of ${instrument} for {value} times as long as a record should take`, above: 3, for_ms: 30_000, keep_ms: 0,
  },
  {
    id: 'stale', kind: 'stale', severity: 'warning', title: 'Stale data', measure: 'streamforge_series_delay_intervals',
    summary: `Records of ${instrument} come {value} intervals after their events`, above: 3, for_ms: minutes, keep_ms: 0,
  },
  {
    id: 'price_jump', kind: 'price_jump', severity: 'warning', title: 'Price jump', measure: 'streamforge_price_jump_deviations',
    summary: `The price of ${instrument} moved by {value} robust deviations`, above: 10, for_ms: 0, keep_ms: 5 * minutes,
  },
  {
    id: 'volume_spike', kind: 'volume_spike', severity: 'info', title: 'Volume spike', measure: 'streamforge_volume_spike_deviations',
    summary: `The volume of ${instrument} is {value} robust deviations above its median`, above: 6, for_ms: 0, keep_ms: 5 * minutes,
  },
  {
    id: 'crossed_book', kind: 'crossed_book', severity: 'critical', title: 'Crossed book', measure: 'streamforge_book_crossed_updates',
    summary: `The best bid of ${instrument} is not below the best ask, {value} updates in a row`, above: 2, for_ms: 0, keep_ms: minutes,
  },
  {
    id: 'gap', kind: 'gap', severity: 'warning', title: 'Gap in live data', measure: 'streamforge_series_missing_records',
    summary: `{value} records of ${instrument} are missing between those that came in the last 15 minutes`, above: 0, for_ms: 0, keep_ms: minutes,
  },
  {
    id: 'worker_silent', kind: 'service', severity: 'warning', title: 'Worker silent', measure: 'streamforge_worker_silence_seconds',
    summary: '{target} of {queue_id} has not been heard of for {value} s', above: 30, for_ms: 30_000, keep_ms: 0,
  },
  {
    id: 'worker_failing', kind: 'service', severity: 'warning', title: 'Worker keeps failing', measure: 'streamforge_job_recent_errors',
    summary: '{target} failed {value} times in 15 minutes with {code}', where: { retryable: 'true' }, above: 2, for_ms: 0, keep_ms: minutes,
  },
  {
    id: 'job_failed', kind: 'service', severity: 'critical', title: 'Job failed for good', measure: 'streamforge_job_recent_errors',
    summary: '{target} failed with {code}, which another attempt would not mend', where: { retryable: 'false' }, above: 0, for_ms: 0, keep_ms: minutes,
  },
  {
    id: 'service_down', kind: 'service', severity: 'critical', title: 'Service down', measure: 'streamforge_service_silence_seconds',
    summary: '{target} has not answered for {value} s', above: 60, for_ms: 0, keep_ms: 0,
  },
  {
    id: 'dead_letters', kind: 'service', severity: 'warning', title: 'Messages refused', measure: 'streamforge_dead_letters_recent_messages',
    summary: '{value} messages of {topic} were refused in the last 15 minutes; they are kept among the dead letters', above: 0, for_ms: 0, keep_ms: minutes,
  },
  {
    id: 'consumer_lag', kind: 'service', severity: 'warning', title: 'Consumer behind', measure: 'streamforge_consumer_lag_messages',
    summary: '{group} has {value} messages of {topic} before it', above: 100_000, for_ms: 5 * minutes, keep_ms: 0,
  },
  {
    id: 'feed_failing', kind: 'service', severity: 'warning', title: 'Fetcher failing', measure: 'streamforge_feed_failures_in_a_row',
    summary: 'The fetcher {feed} failed {value} times in a row', above: 2, for_ms: 0, keep_ms: 0,
  },
  {
    id: 'version_refused', kind: 'service', severity: 'info', title: 'New version refused', measure: 'streamforge_canary_recent_refusals',
    summary: '{app} {version} made something else than the version that runs, or made it later, {value} times within an hour', above: 0, for_ms: 0, keep_ms: 0,
  },
]

/** What a deployment sets differently, by alert id. */
export const AlertOverrides = z.record(AlertId, z.strictObject({
  above: z.number().optional(), for_ms: z.int().nonnegative().optional(), keep_ms: z.int().nonnegative().optional(),
  severity: AlertSeverity.optional(), off: z.boolean().optional(),
}))
export type AlertOverrides = z.infer<typeof AlertOverrides>

const raised = {
  alert: AlertId,
  kind: AlertKind,
  severity: AlertSeverity,
  title: z.string(),
  labels: Labels,
  status: z.enum(['firing', 'resolved']),
  value: z.number().describe('The highest reading so far'),
  summary: z.string(),
  starts_at: Epoch,
  ends_at: Epoch.optional().describe('When it was resolved'),
}

/** That an alert began or ended: what the topic `alerts` carries. */
export const AlertEvent = z.strictObject({ key: z.string().describe('Of the document in the collection `alerts`'), ...raised, at: Epoch })
export type AlertEvent = z.infer<typeof AlertEvent>

/** One time that an alert was raised, from its beginning to its end: a document of the collection `alerts`. */
export const StoredAlert = z.strictObject({
  _key: z.string(), ...raised,
  last_above_at: Epoch.describe('When a reading was last above the threshold'),
  updated_at: Epoch,
  published: z.enum(['firing', 'resolved']).optional().describe('What the topic has been told'),
})
export type StoredAlert = z.infer<typeof StoredAlert>

/** While it lasts nobody is told of alerts that match: all that is given must be equal. */
export const Silence = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  alert: AlertId.optional(),
  severity: AlertSeverity.optional(),
  labels: Labels.default({}),
  from: Epoch,
  to: Epoch,
  comment: z.string().max(500),
  author: z.string().max(120),
})
export type Silence = z.infer<typeof Silence>
export const StoredSilence = Silence.extend({ _key: z.string() })

/** Whether a silence keeps an alert from people at a time. One without any condition covers all alerts. */
export const silenceCovers = (silence: Silence, { alert, severity, labels }: Pick<StoredAlert, 'alert' | 'severity' | 'labels'>, now: number): boolean =>
  now >= silence.from && now < silence.to
  && (silence.alert === undefined || silence.alert === alert)
  && (silence.severity === undefined || silence.severity === severity)
  && Object.entries(silence.labels).every(([name, value]) => labels[name] === value)

/** What the topic `alert-control` carries. */
export const AlertCommand = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('silence'), silence: Silence, timestamp: TimestampSeconds }),
  z.strictObject({ command: z.literal('unsilence'), id: Silence.shape.id, timestamp: TimestampSeconds }),
])
export type AlertCommand = z.infer<typeof AlertCommand>

const NoticeItem = z.strictObject({
  key: z.string(), labels: Labels, value: z.number(), summary: z.string(), starts_at: Epoch, ends_at: Epoch.optional(),
})
/** What people are told at once: the alerts of one definition that began or ended. The webhook is sent this. */
export const AlertNotice = z.strictObject({
  id: z.string().describe('The same when it is sent again: alert and a number that counts up, such as no_data-12'),
  alert: AlertId, title: z.string(), severity: AlertSeverity,
  status: z.enum(['firing', 'resolved']).describe('resolved: nothing of this alert goes on that people were told of'),
  repeated: z.boolean().describe('True: nothing new, but it goes on'),
  firing: z.array(NoticeItem).describe('That began, or go on where it is a repetition'), resolved: z.array(NoticeItem).describe('That ended'),
  at: Epoch,
})
export type AlertNotice = z.infer<typeof AlertNotice>

export const AlertChannel = z.enum(['telegram', 'mail', 'webhook'])
export type AlertChannel = z.infer<typeof AlertChannel>

/** What people have been told of one definition's alerts, and what is on its way: a document of the collection `alert_groups`. */
export const StoredAlertGroup = z.strictObject({
  _key: AlertId,
  version: z.int().nonnegative(),
  sequence: z.int().nonnegative().describe('Of the last notice'),
  last_notice_at: Epoch.optional(),
  told: z.array(z.string()).describe('Keys of alerts that people know to go on'),
  outbox: z.array(z.strictObject({
    channel: AlertChannel, notice: AlertNotice, attempts: z.int().nonnegative(), next_at: Epoch,
  })).describe('Not delivered yet'),
})
export type StoredAlertGroup = z.infer<typeof StoredAlertGroup>

/** Characters that no document key may have, in either store, become a dash. */
const keyPart = (text: string) => text.replaceAll(/[^A-Za-z0-9_.@-]/g, '-')

/** What tells one alert from another while both are raised: its definition and its labels. */
export const alertIdentity = (alert: string, labels: Readonly<Record<string, string>>) =>
  [alert, ...Object.keys(labels).toSorted().map((name) => labels[name]!)].map(keyPart).join(':').slice(0, 200)

/** `no_data:ws_trades:BTCUSDT:binance_1722470400000` */
export const alertKey = (alert: Pick<StoredAlert, 'alert' | 'labels' | 'starts_at'>) => `${alertIdentity(alert.alert, alert.labels)}_${alert.starts_at}`
