import { intervalLengths, nextOpenTime, type EpochMs, type Interval } from '@streamforge/contracts'
import type { OpenArchive } from './archive-source.ts'
import { fetchAhead } from './fetch-ahead.ts'
import { openSegments } from './open-segments.ts'
import { orderCandles, within } from './page.ts'
import { planSegments, type PlanSegmentsOptions, type Source } from './plan-segments.ts'
import type { CandlePage, CandleRequest, VenueClient, VenueLog } from './venue.ts'

/** After so many pages without a candle the venue is asked where the series goes on, instead of page by page. */
const EMPTY_PAGES_BEFORE_JUMP = 2

export interface PagesOptions {
  source: Source
  /** The venue's clock. */
  closedBefore: EpochMs
  /** Requests on their way at most; from 2 on the next page is fetched while one is being worked on. */
  ahead: number
  log?: VenueLog
}

/**
 * The candles of [from, to), from archive files where `source` allows and over REST elsewhere, in pages that follow each other
 * without a break from `from` to `to`. Both ends are open times of the interval. A file that cannot be had is replaced by REST.
 */
export async function* candlePages(client: VenueClient, request: CandleRequest & PagesOptions): AsyncGenerator<CandlePage> {
  const { symbol, interval, source, closedBefore, log } = request
  const content = { kind: 'candles', interval } as const
  const plan: PlanSegmentsOptions = {
    content, source: client.archive ? source : 'rest', pageSize: client.description.candles.pageSize, closedBefore,
  }
  for await (const { segment, archive } of openSegments(client, symbol, content, planSegments(request, plan), log)) {
    const part = { ...request, from: segment.from, to: segment.to }
    if (archive) yield* archivePages(client, part, archive)
    else if (segment.archive === 'monthly') yield* dayByDay(client, part, { ...plan, monthly: false })
    else yield* restCandlePages(client, part)
  }
}

/** A month whose file is not there yet may have its days. */
async function* dayByDay(client: VenueClient, part: CandleRequest & PagesOptions, plan: PlanSegmentsOptions): AsyncGenerator<CandlePage> {
  for await (const { segment, archive } of openSegments(client, part.symbol, plan.content, planSegments(part, plan), part.log)) {
    const day = { ...part, from: segment.from, to: segment.to }
    yield* archive ? archivePages(client, day, archive) : restCandlePages(client, day)
  }
}

async function* archivePages(client: VenueClient, part: CandleRequest & PagesOptions, archive: OpenArchive): AsyncGenerator<CandlePage> {
  let { from } = part
  try {
    for await (const block of archive.candles()) {
      const { records, duplicates } = orderCandles(block)
      const candles = within(records, (c) => c.open_time, from, part.to)
      const last = candles.at(-1)
      if (!last) continue
      const to = nextOpenTime(last.open_time, part.interval)
      yield { from, to, candles, duplicates }
      from = to
    }
    if (from < part.to) yield { from, to: part.to, candles: [], duplicates: 0 }
  } catch (error) {
    part.log?.warn({ symbol: part.symbol, interval: part.interval, from, err: error }, 'archive file is damaged: the rest of its range is loaded over REST')
    yield* restCandlePages(client, { ...part, from })
  }
}

/**
 * The candles of [from, to) over REST, in pages that follow each other without a break from `from` to `to`. `from` and `to` are
 * open times of the interval.
 */
export async function* restCandlePages(client: VenueClient, request: CandleRequest & { ahead: number }): AsyncGenerator<CandlePage> {
  const { symbol, interval, to, ahead } = request
  let from = request.from
  while (from < to) {
    let emptyPages = 0
    for await (const page of fetchAhead(windowReads(client, { symbol, interval, from, to }), ahead)) {
      yield page
      from = page.to
      emptyPages = page.candles.length === 0 ? emptyPages + 1 : 0
      if (emptyPages >= EMPTY_PAGES_BEFORE_JUMP) break
    }
    if (from >= to) return
    const next = await client.firstCandleTime({ symbol, interval, from, to }) ?? to
    if (next > from) yield { from, to: next, candles: [], duplicates: 0 }
    from = next
  }
}

function* windowReads(client: VenueClient, { symbol, interval, from, to }: CandleRequest): Generator<() => Promise<CandlePage>> {
  while (from < to) {
    const request = { symbol, interval, from, to: Math.min(to, after(from, interval, client.description.candles.pageSize)) }
    from = request.to
    yield () => readWindow(client, request)
  }
}

/** One page's worth of candles; more requests than one only when the venue cut its answer short. */
async function readWindow(client: VenueClient, request: CandleRequest): Promise<CandlePage> {
  const whole = await client.candlePage(request)
  while (whole.to < request.to) {
    const more = await client.candlePage({ ...request, from: whole.to })
    whole.candles.push(...more.candles)
    whole.duplicates += more.duplicates
    whole.to = more.to
  }
  return whole
}

/** All candles of a range, which should be short or almost empty: for asking again about holes. */
export async function readCandles(client: VenueClient, request: CandleRequest): Promise<CandlePage> {
  const whole: CandlePage = { from: request.from, to: request.to, candles: [], duplicates: 0 }
  let from = request.from
  while (from < request.to) {
    const pageEnd = Math.min(request.to, after(from, request.interval, client.description.candles.pageSize))
    if (pageEnd < request.to) {
      const next = await client.firstCandleTime({ ...request, from })
      if (next === undefined) break
      if (next >= pageEnd) {
        from = next
        continue
      }
    }
    const page = await readWindow(client, { ...request, from, to: pageEnd })
    whole.candles.push(...page.candles)
    whole.duplicates += page.duplicates
    from = pageEnd
  }
  return whole
}

/** The open time `count` candles after `openTime`. */
function after(openTime: EpochMs, interval: Interval, count: number): EpochMs {
  const length = intervalLengths[interval]
  if (length !== undefined) return openTime + count * length
  for (let i = 0; i < count; i++) openTime = nextOpenTime(openTime, interval)
  return openTime
}
