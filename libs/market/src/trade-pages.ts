import type { EpochMs, TimeRange } from '@streamforge/contracts'
import type { OpenArchive } from './archive-source.ts'
import type { PagesOptions } from './candle-pages.ts'
import { fetchAhead } from './fetch-ahead.ts'
import { openSegments } from './open-segments.ts'
import { badResponse, orderTrades, within } from './page.ts'
import { planSegments } from './plan-segments.ts'
import type { TradePage, TradeRequest, VenueClient } from './venue.ts'

export interface TradePagesRequest extends TradeRequest, PagesOptions {
  /** A time range that holds all the ids: it tells which days' files to take. */
  range: TimeRange
}

/**
 * The trades with ids in [fromId, toId), from archive files of whole closed days where `source` allows and over REST elsewhere, in
 * pages that follow each other without a break. A file that cannot be had is replaced by REST.
 */
export async function* tradePages(client: VenueClient, request: TradePagesRequest): AsyncGenerator<TradePage> {
  const { symbol, toId, range, source, closedBefore, log } = request
  const content = { kind: 'trades' } as const
  const { pageSize } = client.description.trades
  const segments = planSegments(range, { content, source: client.archive ? source : 'rest', pageSize, closedBefore })
  let fromId = request.fromId
  for await (const { segment, archive } of openSegments(client, symbol, content, segments, log)) {
    let whole = archive !== undefined
    try {
      for await (const page of archive ? archivePages(client, request, fromId, archive) : []) {
        yield page
        fromId = page.toId
      }
    } catch (error) {
      whole = false
      log?.warn({ symbol, from_id: fromId, err: error }, 'archive file is damaged: the rest of its range is loaded over REST')
    }
    const isLast = segment.to >= range.to
    if (whole && !isLast) continue
    const segmentEnd = isLast ? toId : Math.min(toId, await idAtEnd(client, symbol, segment.to) ?? toId)
    if (fromId >= segmentEnd) continue
    yield* restTradePages(client, { ...request, fromId, toId: segmentEnd })
    fromId = segmentEnd
  }
}

async function* archivePages(client: VenueClient, request: TradePagesRequest, start: number, archive: OpenArchive): AsyncGenerator<TradePage> {
  let fromId = start
  for await (const block of archive.trades()) {
    const { records, duplicates } = orderTrades(block)
    const trades = within(records, (t) => t.trade_id, fromId, request.toId)
    const last = trades.at(-1)
    if (!last) continue
    const firstId = trades[0]!.trade_id
    if (firstId - fromId > client.description.trades.pageSize) {
      // Too much is missing to be fetched in one go as a hole.
      yield* restTradePages(client, { ...request, fromId, toId: firstId })
      fromId = firstId
    }
    yield { fromId, toId: last.trade_id + 1, trades, duplicates }
    fromId = last.trade_id + 1
  }
}

/** The trades with ids in [fromId, toId) over REST, in pages that follow each other without a break. */
export async function* restTradePages(client: VenueClient, request: TradeRequest & { ahead: number }): AsyncGenerator<TradePage> {
  yield* fetchAhead(windowReads(client, request), request.ahead)
}

function* windowReads(client: VenueClient, { symbol, fromId, toId }: TradeRequest): Generator<() => Promise<TradePage>> {
  const { pageSize } = client.description.trades
  for (let from = fromId; from < toId; from += pageSize) {
    const request = { symbol, fromId: from, toId: Math.min(toId, from + pageSize) }
    yield () => readTrades(client, request)
  }
}

/** All trades of an id range, which should be short. */
export async function readTrades(client: VenueClient, request: TradeRequest): Promise<TradePage> {
  const whole = await client.tradePage(request)
  while (whole.toId < request.toId) {
    const more = await client.tradePage({ ...request, fromId: whole.toId })
    whole.trades.push(...more.trades)
    whole.duplicates += more.duplicates
    whole.toId = more.toId
  }
  return whole
}

/** Ids of the first trade within a range and of the one after its last. */
export interface TradeIdRange {
  firstId: number
  endId: number
}

/**
 * Finds which ids a time range holds and proves its start: the trade before the first lies outside. `range.to` must not be in the
 * future of the venue. Undefined: nothing was traded in the range.
 * @throws StreamForgeError VENUE_BAD_RESPONSE when the venue contradicts itself
 */
export async function locateTrades(client: VenueClient, symbol: string, range: TimeRange): Promise<TradeIdRange | undefined> {
  const [first, endId] = await Promise.all([client.firstTradeFrom({ symbol, time: range.from }), idAtEnd(client, symbol, range.to)])
  if (!first || endId === undefined || first.trade_id >= endId) return undefined
  if (first.trade_id > 0) {
    const [before] = (await client.tradePage({ symbol, fromId: first.trade_id - 1, toId: first.trade_id })).trades
    if (before && before.event_time >= range.from) {
      throw badResponse(`${client.name} says that trade ${first.trade_id} of ${symbol} is the first from ${range.from} on, but ${before.trade_id} is not before`)
    }
  }
  return { firstId: first.trade_id, endId }
}

/**
 * The id after the last trade before `to`. Undefined: the symbol was never traded.
 * @throws StreamForgeError VENUE_BAD_RESPONSE
 */
export async function idAtEnd(client: VenueClient, symbol: string, to: EpochMs): Promise<number | undefined> {
  for (let tries = 1; tries <= 5; tries++) {
    const next = await client.firstTradeFrom({ symbol, time: to })
    if (next) return next.trade_id
    const last = await client.lastTrade(symbol)
    if (!last) return undefined
    // Otherwise a trade at or after `to` came between the two requests: now the first one finds it.
    if (last.event_time < to) return last.trade_id + 1
  }
  throw badResponse(`${client.name} finds no trade of ${symbol} from ${to} on, yet its last one is not before`)
}
