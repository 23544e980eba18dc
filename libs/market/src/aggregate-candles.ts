import { intervals, intervalLengths, floorToInterval, nextOpenTime, countCandles, type Interval } from '@streamforge/contracts'
import { allocateCandles, type CandleColumns, type CandleSlice } from './market-columns.ts'

/** Whether candles of `interval` are made of whole candles of `base`. Weeks and months are made of days or less. */
export function isMadeOf(interval: Interval, base: Interval): boolean {
  if (interval === base) return true
  const length = intervalLengths[base]
  if (length === undefined) return false
  const whole = interval === '1w' || interval === '1M' ? intervalLengths['1d'] : intervalLengths[interval]
  return length <= whole && whole % length === 0
}

/** All intervals that can be had from candles of these, in order of length. */
export function derivableIntervals(bases: readonly Interval[]): Interval[] {
  return intervals.filter((interval) => bases.some((base) => isMadeOf(interval, base)))
}

/** The longest of `bases` that `interval` is made of: the fewest rows to add up. */
export function bestBase(interval: Interval, bases: readonly Interval[]): Interval | undefined {
  return intervals.filter((base) => bases.includes(base) && isMadeOf(interval, base)).at(-1)
}

/** Sums of eight-decimal quantities, without the noise of adding floats. */
const cleanSum = (value: number) => Math.round(value * 1e8) / 1e8

/**
 * Adds candles up to a longer interval. A bucket of which any base candle is missing is left out, for half of an hour is not a
 * shorter hour but an unknown one, unless `partial` asks for what there is of it.
 */
export function aggregateCandles(source: CandleSlice, base: Interval, interval: Interval, partial = false): CandleColumns {
  const buckets = findBuckets(source, base, interval, partial)
  const result = allocateCandles(buckets.length, source.columns.details !== undefined)
  buckets.forEach(({ open, first, last }, k) => {
    fillBucket(source.columns, first, last, result, k)
    result.openTime[k] = open
  })
  return result
}

function findBuckets({ columns, start, end }: CandleSlice, base: Interval, interval: Interval, partial: boolean) {
  const buckets: { open: number; first: number; last: number }[] = []
  let i = start
  while (i < end) {
    const open = floorToInterval(columns.openTime[i]!, interval)
    const next = nextOpenTime(open, interval)
    const first = i
    while (i < end && columns.openTime[i]! < next) i++
    if (partial || i - first === countCandles({ from: open, to: next }, base)) buckets.push({ open, first, last: i })
  }
  return buckets
}

function fillBucket(from: CandleColumns, first: number, last: number, to: CandleColumns, k: number): void {
  let high = from.high[first]!
  let low = from.low[first]!
  let volume = 0
  for (let i = first; i < last; i++) {
    if (from.high[i]! > high) high = from.high[i]!
    if (from.low[i]! < low) low = from.low[i]!
    volume += from.volume[i]!
  }
  to.open[k] = from.open[first]!
  to.high[k] = high
  to.low[k] = low
  to.close[k] = from.close[last - 1]!
  to.volume[k] = cleanSum(volume)
  if (!to.details || !from.details) return
  for (const name of ['quoteVolume', 'tradeCount', 'takerBuyVolume', 'takerBuyQuoteVolume'] as const) {
    let sum = 0
    for (let i = first; i < last; i++) sum += from.details[name][i]!
    to.details[name][k] = cleanSum(sum)
  }
}
