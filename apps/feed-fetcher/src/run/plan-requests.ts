import type { Feed, FeedInstrument } from '../feed-file/feed.ts'
import { parserOf } from '../parsers/index.ts'

/** One address to ask, without its secret. */
export interface PlannedRequest {
  readonly url: string
  readonly instruments: readonly FeedInstrument[]
  readonly history: boolean
}

export interface Span {
  readonly from: number
  readonly to: number
}

/** The addresses that one run asks: one a symbol, one a batch, or one, by what the endpoint asks for. */
export function planRequests(feed: Feed, now: number, past?: Span): PlannedRequest[] {
  const template = past && feed.history !== undefined ? feed.history : feed.endpoint
  const span = past ?? { from: now - feed.intervalMs, to: now }
  const join = parserOf(feed.parser).join ?? ((symbols: readonly string[]) => symbols.join(','))
  const fill = (instruments: readonly FeedInstrument[]): PlannedRequest => {
    const symbols = instruments.map((i) => i.as)
    const values: Record<string, string> = { ...timesOf(span), symbol: symbols[0] ?? '', symbols: join(symbols) }
    const url = template.replace(/\{([a-z_]+)\}/g, (whole, name: string) => Object.hasOwn(values, name) ? encodeURIComponent(values[name]!) : whole)
    return { url, instruments, history: past !== undefined }
  }
  if (template.includes('{symbol}')) return feed.instruments.map((i) => fill([i]))
  if (template.includes('{symbols}')) return batches(feed.instruments, feed.batch).map(fill)
  return [fill(feed.instruments)]
}

const timesOf = ({ from, to }: Span) => ({
  from: String(Math.floor(from / 1_000)), to: String(Math.floor(to / 1_000)), from_ms: String(from), to_ms: String(to),
  from_date: new Date(from).toISOString().slice(0, 10), to_date: new Date(to).toISOString().slice(0, 10),
})

function batches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}
