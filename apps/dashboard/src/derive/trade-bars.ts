import { floorToInterval, nextOpenTime, type ChartCandle, type Interval, type Trade } from '@streamforge/contracts'

/**
 * One minute of trades, in a form of which two parts add up to the whole: the same, however the trades were split between them and in whatever
 * order they came. Quantities are summed as whole units and hundred-millionths apart, both exact, so that not even rounding tells the split.
 */
export interface Bar {
  open_time: number
  first_id: number
  last_id: number
  open: number
  close: number
  high: number
  low: number
  whole: number
  /** Hundred-millionths. */
  fraction: number
  count: number
  backfilled: boolean
}

/** What all intervals offered are made of. */
export const barInterval = '1m'
const unit = 1e8

export function barOf({ trade_id: id, price, quantity, event_time, backfilled }: Trade): Bar {
  const whole = Math.floor(quantity)
  return {
    open_time: floorToInterval(event_time, barInterval), first_id: id, last_id: id, open: price, close: price, high: price, low: price,
    whole, fraction: Math.round((quantity - whole) * unit), count: 1, backfilled,
  }
}

/** Two parts of one bar that have no trade in common. */
export function addBars(a: Bar, b: Bar): Bar {
  const first = a.first_id < b.first_id ? a : b
  const last = a.last_id > b.last_id ? a : b
  return {
    open_time: Math.min(a.open_time, b.open_time), first_id: first.first_id, last_id: last.last_id, open: first.open, close: last.close,
    high: Math.max(a.high, b.high), low: Math.min(a.low, b.low), whole: a.whole + b.whole, fraction: a.fraction + b.fraction,
    count: a.count + b.count, backfilled: a.backfilled && b.backfilled,
  }
}

/** Adds bars that have no trade in common with those there. */
export function mergeInto(bars: Map<number, Bar>, more: Iterable<Bar>): void {
  for (const bar of more) {
    const known = bars.get(bar.open_time)
    bars.set(bar.open_time, known ? addBars(known, bar) : bar)
  }
}

export interface Surroundings {
  interval: Interval
  /** The newest bar before these, where one is known. */
  prior?: Bar | undefined
  /** The oldest trade behind these, where one is known. */
  next?: { first_id: number; open_time: number } | undefined
  /** More may come at the end: the last candle is open. */
  growing: boolean
  /** From here on every trade is known to be there, if ids do not tell otherwise. */
  provenFrom?: number | undefined
}

/**
 * Candles of an interval made of whole minutes, from bars in order of time. Where ids prove that nothing was traded, there is a candle without
 * volume at the last price, as exchanges have it; where ids are missing there is none, and the candles beside and around are incomplete.
 */
export function candlesOfBars(bars: readonly Bar[], { interval, prior, next, growing, provenFrom }: Surroundings): ChartCandle[] {
  const candles: ChartCandle[] = []
  const groups = groupBars(bars, interval)
  const openOf = (bar: { open_time: number }) => floorToInterval(bar.open_time, interval)
  let before = prior
  groups.forEach((group, i) => {
    const open_time = openOf(group)
    const after = groups[i + 1] ?? next
    const proven = before ? missingBetween(before, group) === 0 : provenFrom !== undefined && provenFrom <= open_time
    if (before && proven) candles.push(...quietCandles(before, nextOpenTime(openOf(before), interval), open_time, interval))
    const whole = proven && group.count === group.last_id - group.first_id + 1 && (!after || missingBetween(group, after) === 0)
    candles.push({ ...candleOf(group, open_time), closed: Boolean(after) || !growing, ...(!whole && { incomplete: true }) })
    before = group
  })
  const last = groups.at(-1)
  if (last && next && missingBetween(last, next) === 0) candles.push(...quietCandles(last, nextOpenTime(openOf(last), interval), openOf(next), interval))
  return candles
}

function groupBars(bars: readonly Bar[], interval: Interval): Bar[] {
  const groups: Bar[] = []
  for (const bar of bars) {
    const last = groups.at(-1)
    if (last && floorToInterval(last.open_time, interval) === floorToInterval(bar.open_time, interval)) groups[groups.length - 1] = addBars(last, bar)
    else groups.push(bar)
  }
  return groups
}

/** Ids between two bars that nobody has seen. */
const missingBetween = (a: { last_id: number }, b: { first_id: number }) => Math.max(0, b.first_id - a.last_id - 1)

function candleOf(bar: Bar, open_time: number): Omit<ChartCandle, 'closed'> {
  const { open, high, low, close, whole, fraction, backfilled } = bar
  return { open_time, open, high, low, close, volume: whole + Math.floor(fraction / unit) + (fraction % unit) / unit, backfilled }
}

/** A market that stands still for longer than so many candles is shown standing still for so long. */
const mostQuiet = 10_000

function quietCandles({ close, backfilled }: Bar, from: number, to: number, interval: Interval): ChartCandle[] {
  const candles: ChartCandle[] = []
  for (let open_time = from; open_time < to && candles.length < mostQuiet; open_time = nextOpenTime(open_time, interval)) {
    candles.push({ open_time, open: close, high: close, low: close, close, volume: 0, closed: true, backfilled })
  }
  return candles
}
