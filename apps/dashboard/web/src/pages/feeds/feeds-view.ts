import type { FeedAnswer, FeedRun, FeedState, FeedSummary } from '@streamforge/contracts'
import { formatDuration } from '../../format.ts'

type Status = FeedState['status']
const states: Record<Status, { mark: string; name: string; about: string }> = {
  waiting: { mark: '✓', name: 'on schedule', about: 'waits for its next run' }, running: { mark: '▶', name: 'running', about: 'fetches now' },
  closed: { mark: '☾', name: 'closed', about: 'its market is closed' }, paused: { mark: '❚❚', name: 'paused', about: 'was told to pause' },
  failing: { mark: '✕', name: 'failing', about: 'its last run failed' }, removed: { mark: '–', name: 'removed', about: 'is not in feed.yaml any more' },
}
export const stateOf = (status: Status) => states[status]
const urgency: readonly Status[] = ['failing', 'running', 'waiting', 'closed', 'paused', 'removed']

/** Those that a person looks for, what fails first, then by name. */
export function findFeeds(feeds: readonly FeedSummary[], text: string): FeedSummary[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const says = (feed: FeedSummary) => [feed.name, feed.kind, feed.parser, feed.host, states[feed.status].name, ...symbolsOf(feed)].join(' ').toLowerCase()
  return feeds.filter((feed) => words.every((word) => says(feed).includes(word)))
    .sort((a, b) => urgency.indexOf(a.status) - urgency.indexOf(b.status) || (a.name < b.name ? -1 : 1))
}

export const symbolsOf = ({ entry }: Pick<FeedSummary, 'entry'>): string[] => (entry.symbols ?? []).map((symbol) => (typeof symbol === 'string' ? symbol : symbol.symbol))

/** `ok`, `nothing new, 3 refused`: what a run came to. */
export function cameTo({ outcome, rejected }: Pick<FeedRun, 'outcome' | 'rejected'>): string {
  return [outcome === 'not_modified' ? 'nothing new' : outcome, ...(rejected > 0 ? [`${rejected} refused`] : [])].join(', ')
}

/** Nothing of what came could be read, or not all was answered. */
export const isBad = ({ outcome, rejected, records, unchanged }: FeedRun) => outcome === 'failed' || (rejected > 0 && records + unchanged === 0)

/** How many are in which state, in words. */
export function summary(feeds: readonly FeedSummary[]): string {
  const counts = urgency.flatMap((status) => { const count = feeds.filter((feed) => feed.status === status).length; return count ? [`${count} ${states[status].name}`] : [] })
  return counts.join(', ')
}

/** `12 s ago`, `in 3 min 20 s`, `now`. */
export function fromNow(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1_000)
  if (Math.abs(seconds) < 1) return 'now'
  return seconds > 0 ? `in ${formatDuration(seconds)}` : `${formatDuration(-seconds)} ago`
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const
export function formatBytes(bytes: number): string {
  const power = bytes < 1_000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1_000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}

/** Names of the feeds that a text has, as far as it can be read at a glance: feed-fetcher alone reads it rightly. */
export const namesIn = (text: string): string[] => [...text.matchAll(/^[ \t]*(?:-[ \t]+)?name:[ \t]*['"]?([a-z][a-z0-9-]*)/gm)].map(([, name]) => name!)

/** Where a line begins and ends in a text; lines count from 1. */
export function lineRange(text: string, line: number): [start: number, end: number] {
  const lines = text.split('\n')
  const start = lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0)
  return [Math.min(start, text.length), Math.min(start + (lines[line - 1]?.length ?? 0), text.length)]
}

/** Columns of records of one kind: those that any of them has, as their contract orders them. */
export function recordColumns(records: readonly Record<string, unknown>[]): string[] {
  const known = ['symbol', 'symbols', 'title', 'name', 'price', 'currency', 'percent_change', 'volume', 'bid', 'ask', 'published_at', 'event_time', 'publisher', 'url']
  const had = new Set(records.flatMap((record) => Object.keys(record)))
  return known.filter((column) => had.has(column))
}

/** A value of a record, short; instants as such. */
export function recordText(column: string, value: unknown): string {
  if (value === undefined || value === null) return '–'
  if (/_(at|time)$/.test(column) && typeof value === 'number') return new Date(value).toISOString().slice(0, 19).replace('T', ' ')
  if (Array.isArray(value)) return value.join(', ') || '–'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 90 ? `${text.slice(0, 89)}…` : text
}

/** What became of a command, in a sentence. */
export function answerText(answer: FeedAnswer, feed: string | undefined): string {
  if (answer.status === 'refused') return answer.error?.message ?? `${answer.problems?.length ?? 0} faults: nothing was changed`
  switch (answer.command) {
    case 'pause': return `${feed} is paused.`
    case 'resume': return `${feed} goes on.`
    case 'run_now': return `${feed} runs.`
    case 'set_file': return `feed.yaml is in force, version ${answer.version ?? '?'}.`
    case 'dry_run': return `${answer.dry_run?.feed}: ${answer.dry_run?.records.length ?? 0} records read, nothing published.`
    default: return answer.command satisfies never
  }
}
