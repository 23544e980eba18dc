import type { AlertsAnswer, ShownAlert, SilenceRequest } from '@streamforge/contracts'

type Silence = AlertsAnswer['silences'][number]

/** What a person has typed of a silence. */
export interface SilenceDraft {
  /** Empty: any. */
  alert: string
  severity: '' | NonNullable<SilenceRequest['severity']>
  /** `name=value`, one beside the other. */
  labels: string
  minutes: number
  comment: string
}

export const emptyDraft: SilenceDraft = { alert: '', severity: '', labels: '', minutes: 60, comment: '' }

/** How long a silence may last, in minutes. */
export const durations: readonly [minutes: number, name: string][] = [
  [30, '30 minutes'], [60, '1 hour'], [4 * 60, '4 hours'], [12 * 60, '12 hours'], [24 * 60, '1 day'], [3 * 24 * 60, '3 days'], [7 * 24 * 60, '7 days'], [30 * 24 * 60, '30 days'],
]

export const labelsText = (labels: Readonly<Record<string, string>>) => Object.entries(labels).map(([name, value]) => `${name}=${value}`).join(' ')

/** Labels from `venue=binance symbol=BTCUSDT`; commas may stand between them. A problem in words where they cannot be read. */
export function readLabels(text: string): { labels: Record<string, string> } | { problem: string } {
  const labels: Record<string, string> = {}
  for (const part of text.split(/[\s,]+/).filter((each) => each !== '')) {
    const [, name, value] = /^([a-z][a-z0-9_]*)=(.+)$/.exec(part) ?? []
    if (name === undefined || value === undefined) return { problem: `‘${part}’ is not name=value, such as venue=binance` }
    if (labels[name] !== undefined) return { problem: `${name} stands there twice: no alert has both` }
    labels[name] = value
  }
  return { labels }
}

/** The draft of a silence for what is like an alert: change what is too narrow. */
export const draftFor = ({ alert, labels }: Pick<ShownAlert, 'alert' | 'labels'>, draft: SilenceDraft): SilenceDraft => ({ ...draft, alert, severity: '', labels: labelsText(labels) })

/** What is sent, or why nothing can be. */
export function requestOf({ alert, severity, labels: text, minutes, comment }: SilenceDraft): { request: SilenceRequest } | { problem: string } {
  const read = readLabels(text)
  if ('problem' in read) return read
  return { request: { ...(alert !== '' && { alert }), ...(severity !== '' && { severity }), labels: read.labels, minutes, comment: comment.trim() } }
}

/** `No data, critical, venue=binance`; `all alerts` where there is no condition. */
export function coverage({ alert, severity, labels }: Pick<Silence, 'alert' | 'severity' | 'labels'>, kinds: AlertsAnswer['kinds']): string {
  const parts = [alert && (kinds.find(({ id }) => id === alert)?.title ?? alert), severity, labelsText(labels)].filter((part) => part)
  return parts.length ? parts.join(', ') : 'all alerts'
}

/** How many go on, and of how many of them nobody is told. */
export function firingSummary(firing: readonly ShownAlert[]): string {
  const silenced = firing.filter(({ silenced_by: by }) => by.length > 0).length
  return `${firing.length} ${firing.length === 1 ? 'goes' : 'go'} on${silenced ? `, ${silenced} silenced` : ''}`
}
