import { floorToInterval, nextOpenTime, type BookTicker, type Interval, type Trade } from '@streamforge/contracts'

/** What the trades of one bar came to. */
export interface BarTrades {
  open: number
  end: number
  /** Trades, each of an aggregate counted. */
  count: number
  /** Base asset that aggressors bought and sold. */
  bought: number
  sold: number
  /** Quote asset that changed hands. */
  turnover: number
  known: number
}

/** The last best bid and offer of one bar. */
export interface BarQuote {
  open: number
  end: number
  bid: number
  ask: number
  bidQuantity: number
  askQuantity: number
  known: number
}

/** An article about a symbol that was read for its sentiment. It counts from when it was known, however old it was by then. */
export interface ArticleSentiment {
  kind: 'article'
  symbol: string
  article_id: string
  /** -1 (bad) to 1 (good). */
  score: number
  event_time: number
  known_time: number
}

/** How far one stream of inputs has come. Plain JSON. */
export interface StreamState<Bar> {
  /** Id of the newest record taken; those up to it have been seen. */
  last: number
  /** Latest event time taken. */
  newest: number
  /** Bars that end by then take no more of this stream, whatever `newest`. */
  closed: number
  /** Records that came when their bar was closed. */
  late: number
  /** Bars not yet emitted, in order of time. */
  bars: Bar[]
}

export const startStream = <Bar>(): StreamState<Bar> => ({ last: -1, newest: 0, closed: 0, late: 0, bars: [] })

/** A record's event time may lie so far before that of one with a lower id, in ms: bars wait that long for stragglers. */
export const disorderMs = 1_000

/** All bars that end by this instant have all of the stream that they will get. */
export const closedThrough = (stream: StreamState<unknown>) => Math.max(stream.newest - disorderMs, stream.closed)

interface Bounded { open: number; end: number }

/**
 * The bar of a record that is new to the stream, which moves on; undefined when the record has been seen, or is too late for its bar.
 * `make` makes the bar with its first record.
 */
export function barOf<Bar extends Bounded>(
  stream: StreamState<Bar>, id: number, time: number, interval: Interval, make: (open: number, end: number) => Bar,
): Bar | undefined {
  if (id <= stream.last) return undefined
  stream.last = id
  const closed = closedThrough(stream)
  if (time > stream.newest) stream.newest = time
  const newest = stream.bars.at(-1)
  const bar = newest && time >= newest.open && time < newest.end ? newest : findBar(stream.bars, time, interval, closed, make)
  if (bar && bar.end > closed) return bar
  stream.late++
  return undefined
}

function findBar<Bar extends Bounded>(
  bars: Bar[], time: number, interval: Interval, closed: number, make: (open: number, end: number) => Bar,
): Bar | undefined {
  const open = floorToInterval(time, interval)
  const end = nextOpenTime(open, interval)
  if (end <= closed) return undefined
  const at = bars.findIndex((bar) => bar.open >= open)
  if (at >= 0 && bars[at]!.open === open) return bars[at]
  const bar = make(open, end)
  bars.splice(at < 0 ? bars.length : at, 0, bar)
  return bar
}

/** The bar that opens then; it and those before it are let go. */
export function takeBar<Bar extends Bounded>(stream: StreamState<Bar>, open: number): Bar | undefined {
  let taken: Bar | undefined
  while (stream.bars[0] && stream.bars[0].open <= open) {
    const bar = stream.bars.shift()!
    if (bar.open === open) taken = bar
  }
  return taken
}

export const emptyTrades = (open: number, end: number): BarTrades => ({ open, end, count: 0, bought: 0, sold: 0, turnover: 0, known: 0 })

export function addTrade(bar: BarTrades, trade: Trade): void {
  const { first_trade_id: first, last_trade_id: last } = trade
  bar.count += first !== undefined && last !== undefined ? last - first + 1 : 1
  if (trade.buyer_maker) bar.sold += trade.quantity
  else bar.bought += trade.quantity
  bar.turnover += trade.price * trade.quantity
  if (trade.known_time > bar.known) bar.known = trade.known_time
}

export const emptyQuote = (open: number, end: number): BarQuote => ({ open, end, bid: 0, ask: 0, bidQuantity: 0, askQuantity: 0, known: 0 })

export function setQuote(bar: BarQuote, ticker: BookTicker): void {
  bar.bid = Number(ticker.bid_price)
  bar.ask = Number(ticker.ask_price)
  bar.bidQuantity = Number(ticker.bid_quantity)
  bar.askQuantity = Number(ticker.ask_quantity)
  if (ticker.known_time > bar.known) bar.known = ticker.known_time
}
