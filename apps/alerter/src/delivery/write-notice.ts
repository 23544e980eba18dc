import type { AlertNotice } from '@streamforge/contracts'

const mostItems = 20

/** One line: what a mail's subject or a phone's first line shows. */
export function writeHeadline({ status, severity, title, firing, resolved, repeated }: AlertNotice): string {
  if (status === 'resolved') return `Recovered: ${title}${counted(resolved.length)}`
  return `${severity.toUpperCase()}: ${title}${counted(firing.length)}${repeated ? ', still' : ''}`
}

const counted = (count: number) => (count > 1 ? ` (${count})` : '')

/** The whole notice as plain text; of many alerts the first twenty, and how many more there are. */
export function writeNotice(notice: AlertNotice): string {
  const began = notice.firing.map(({ summary, starts_at }) => `- ${summary}; since ${instant(starts_at)}`)
  const ended = notice.resolved.map(({ summary, starts_at, ends_at = notice.at }) => `- ${summary}; over after ${duration(ends_at - starts_at)}`)
  return [writeHeadline(notice), ...limited(began), ...(notice.status === 'firing' && ended.length ? ['Recovered:'] : []), ...limited(ended), notice.id].join('\n')
}

function limited(lines: readonly string[]): string[] {
  return lines.length <= mostItems ? [...lines] : [...lines.slice(0, mostItems), `- and ${lines.length - mostItems} more`]
}

const instant = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return `${Math.round(ms / 1000)} s`
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
