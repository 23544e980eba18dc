import type { AlertChannel, AlertNotice, StoredAlert, StoredAlertGroup } from '@streamforge/contracts'

export interface NoticeRules {
  /** Milliseconds that a first alert waits for others of its kind. */
  waitMs: number
  /** Milliseconds from one notice of a group to the next. */
  intervalMs: number
  /** Milliseconds after which what goes on is told again; 0: never. */
  repeatMs: number
  channels: readonly AlertChannel[]
}

export interface GroupAlerts {
  /** That go on, and that people may be told of. */
  firing: readonly StoredAlert[]
  /** Of those that people were told of: that ended. */
  ended: readonly StoredAlert[]
}

/**
 * What to tell people of one definition's alerts: those that are new, and those that ended of which they knew, together. The group comes back with the
 * notice in its outbox, once a channel, so that one write makes both known; undefined when there is nothing to say yet.
 */
export function planNotice(group: StoredAlertGroup, { firing, ended }: GroupAlerts, rules: NoticeRules, now: number): StoredAlertGroup | undefined {
  const told = new Set(group.told)
  const began = firing.filter(({ _key }) => !told.has(_key))
  const over = ended.filter(({ _key }) => told.has(_key))
  const goingOn = firing.filter(({ _key }) => told.has(_key))
  const repeated = began.length === 0 && over.length === 0
  if (repeated ? !isRepetitionDue(group, goingOn, rules, now) : !isDue(group, began, rules, now)) return undefined
  const overKeys = new Set(over.map(({ _key }) => _key))
  const stillTold = group.told.filter((key) => !overKeys.has(key))
  const sequence = group.sequence + 1
  const notice: AlertNotice = {
    id: `${group._key}-${sequence}`, alert: group._key, title: titleOf(firing, ended), severity: severityOf([...firing, ...over]),
    status: began.length + stillTold.length > 0 ? 'firing' : 'resolved', repeated,
    firing: (repeated ? goingOn : began).map(toItem), resolved: over.map(toItem), at: now,
  }
  return {
    ...group, version: group.version + 1, sequence, last_notice_at: now, told: [...stillTold, ...began.map(({ _key }) => _key)],
    outbox: [...group.outbox, ...rules.channels.map((channel) => ({ channel, notice, attempts: 0, next_at: now }))],
  }
}

/** The first waits for others; those after it, for the interval. */
function isDue({ last_notice_at: last }: StoredAlertGroup, began: readonly StoredAlert[], { waitMs, intervalMs }: NoticeRules, now: number): boolean {
  if (last !== undefined && now - last < intervalMs) return false
  const first = Math.min(...began.map(({ starts_at }) => starts_at))
  return began.length === 0 || now - first >= waitMs
}

const isRepetitionDue = ({ last_notice_at: last = 0 }: StoredAlertGroup, goingOn: readonly StoredAlert[], { repeatMs }: NoticeRules, now: number) =>
  repeatMs > 0 && goingOn.length > 0 && now - last >= repeatMs

const ranks = { info: 0, warning: 1, critical: 2 } as const
export const rankOf = (severity: StoredAlert['severity']): number => ranks[severity]
const severityOf = (alerts: readonly StoredAlert[]) => alerts.map(({ severity }) => severity).toSorted((a, b) => rankOf(b) - rankOf(a))[0] ?? 'info'
const titleOf = (firing: readonly StoredAlert[], ended: readonly StoredAlert[]) => (firing[0] ?? ended[0])?.title ?? ''

function toItem({ _key: key, labels, value, summary, starts_at, ends_at }: StoredAlert): AlertNotice['firing'][number] {
  return { key, labels, value, summary, starts_at, ...(ends_at !== undefined && { ends_at }) }
}
