import { floorToInterval } from '@streamforge/contracts'
import {
  allocateCandles, allocateTrades, copyCandle, joinCandles, joinTrades, noCandles, type CandleQuery, type CandleSlice, type Market,
  type TradeQuery, type TradeSlice,
} from '@streamforge/market'
import type { Misfortune } from './faults.ts'
import type { LiveMarket } from './live/live-market.ts'
import { openCandle } from './open-candle.ts'

/**
 * The rows that the venue shows at `now`: closed candles, the open one with what has happened of it, trades until now; less
 * the request's holes, plus its doubled rows and its unfinished candle.
 */
export async function visibleCandles(market: LiveMarket, query: CandleQuery, now: number, misfortune: Misfortune): Promise<CandleSlice> {
  const current = floorToInterval(now, query.interval)
  const wantsOpen = current >= query.from && current < query.to
  let rows = await closedCandles(market, query, now, misfortune)
  if (wantsOpen && (query.latest || rows.end - rows.start < query.limit)) {
    rows = await withOpenCandle(market, query, rows, now, misfortune)
  }
  if (misfortune.openCandle && rows.end - rows.start < query.limit) rows = withUnfinished(rows, query, now)
  return misfortune.duplicateRows > 0 ? duplicated(rows, query.limit, misfortune) : rows
}

/** Only the candles that have closed by `now`; like a venue's, they exist wherever something was traded in them. */
export async function closedCandles(market: Market, query: CandleQuery, now: number, misfortune: Misfortune): Promise<CandleSlice> {
  const closed = { ...query, partial: true, to: Math.min(query.to, floorToInterval(now, query.interval)) }
  return closed.to > closed.from ? outsideHoles(closed, misfortune, (part) => market.candles(part), joinCandles) : noCandles
}

async function withOpenCandle(market: LiveMarket, query: CandleQuery, rows: CandleSlice, now: number, misfortune: Misfortune): Promise<CandleSlice> {
  const current = floorToInterval(now, query.interval)
  if (misfortune.holes.some((hole) => hole.from <= current && current < hole.to)) return rows
  const streamed = await market.openCandle(query.symbol, query.interval, now)
  const last = streamed === 'notLive' ? await openCandle(market, query.symbol, query.interval, now) : streamed
  if (!last) return rows
  const joined = joinCandles([rows, last])
  return { ...joined, start: Math.max(joined.start, joined.end - query.limit) }
}

/** A candle that has just begun at the last price, though nothing says that it has: what a careless reader takes for closed. */
function withUnfinished(rows: CandleSlice, { interval }: CandleQuery, now: number): CandleSlice {
  const open = floorToInterval(now, interval)
  if (rows.end === rows.start || rows.columns.openTime[rows.end - 1]! >= open) return rows
  const extra = allocateCandles(1, rows.columns.details !== undefined)
  const close = rows.columns.close[rows.end - 1]!
  extra.openTime[0] = open
  extra.open[0] = extra.high[0] = extra.low[0] = extra.close[0] = close
  return joinCandles([rows, { columns: extra, start: 0, end: 1 }])
}

/** Repeats rows at random places; an answer never has more rows than its limit. */
function duplicated(rows: CandleSlice, limit: number, { duplicateRows, random }: Misfortune): CandleSlice {
  const picks = doubledPicks(rows.start, rows.end, limit, duplicateRows, random)
  const columns = allocateCandles(picks.length, rows.columns.details !== undefined)
  picks.forEach((i, k) => copyCandle(rows.columns, i, columns, k))
  return { columns, start: 0, end: picks.length }
}

function doubledPicks(start: number, end: number, limit: number, times: number, random: () => number): number[] {
  if (end === start) return []
  const picks = Array.from({ length: end - start }, (_, k) => start + k)
  const extra = Array.from({ length: times }, () => start + Math.floor(random() * (end - start)))
  return [...picks, ...extra].sort((a, b) => a - b).slice(0, limit)
}

export async function visibleTrades(market: Market, query: TradeQuery, now: number, misfortune: Misfortune): Promise<TradeSlice> {
  const past = { ...query, to: Math.min(query.to, now) }
  const rows = await outsideHoles(past, misfortune, (part) => market.trades(part), joinTrades)
  if (misfortune.duplicateRows === 0) return rows
  const picks = doubledPicks(rows.start, rows.end, query.limit, misfortune.duplicateRows, misfortune.random)
  const columns = allocateTrades(picks.length)
  picks.forEach((i, k) => {
    for (const name of ['id', 'time', 'price', 'quantity', 'buyerMaker'] as const) columns[name][k] = rows.columns[name][i]!
  })
  return { columns, start: 0, end: picks.length }
}

/** Reads around the holes, so that an answer is as full as if the rows in them had never been. */
async function outsideHoles<Q extends { from: number; to: number; limit: number; latest?: boolean }, S extends { start: number; end: number }>(
  query: Q, misfortune: Misfortune, read: (query: Q) => Promise<S>, join: (parts: readonly S[]) => S,
): Promise<S> {
  const holes = misfortune.holes.filter((hole) => hole.from < query.to && hole.to > query.from).sort((a, b) => a.from - b.from)
  if (holes.length === 0) return read(query)
  const parts: S[] = []
  let missing = query.limit
  const take = async (from: number, to: number) => {
    if (to <= from || missing === 0) return
    const rows = await read({ ...query, from, to, limit: missing })
    missing -= rows.end - rows.start
    if (query.latest) parts.unshift(rows)
    else parts.push(rows)
  }
  const hides = async (from: number, to: number) => {
    const hidden = missing > 0 && to > from ? await read({ ...query, from, to, limit: 1 }) : undefined
    return hidden !== undefined && hidden.end > hidden.start
  }
  const struck = new Set<() => void>()
  let at = query.latest ? query.to : query.from
  for (const hole of query.latest ? holes.toReversed() : holes) {
    const [from, to] = [Math.max(hole.from, query.from), Math.min(hole.to, query.to)]
    await (query.latest ? take(to, at) : take(at, from))
    if (await hides(from, to)) struck.add(hole.strike)
    at = query.latest ? Math.min(at, from) : Math.max(at, to)
  }
  await (query.latest ? take(query.from, at) : take(at, query.to))
  for (const strike of struck) strike()
  return join(parts)
}

