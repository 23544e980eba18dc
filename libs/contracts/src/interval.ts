import { z } from 'zod'
import type { EpochMs, TimeRange } from './time.ts'

const minute = 60_000
const day = 86_400_000

/** Candle intervals in Binance's spelling, with their fixed length in milliseconds; a month (`1M`) has none. */
export const intervalLengths = {
  '1s': 1_000, '1m': minute, '3m': 3 * minute, '5m': 5 * minute, '15m': 15 * minute, '30m': 30 * minute,
  '1h': 60 * minute, '2h': 120 * minute, '4h': 240 * minute, '6h': 360 * minute, '8h': 480 * minute, '12h': 720 * minute,
  '1d': day, '3d': 3 * day, '1w': 7 * day, '1M': undefined,
} as const satisfies Record<string, number | undefined>

export type Interval = keyof typeof intervalLengths
export const intervals = Object.keys(intervalLengths) as [Interval, ...Interval[]]
export const Interval = z.enum(intervals)

/** Weeks open on Monday; the epoch was a Thursday, so weekly candles sit 4 days after multiples of 7 days. */
const weekOffset = 4 * day

/** The open time of the candle that contains `time`. */
export function floorToInterval(time: EpochMs, interval: Interval): EpochMs {
  const length = intervalLengths[interval]
  if (length === undefined) {
    const date = new Date(time)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
  }
  const offset = interval === '1w' ? weekOffset : 0
  return Math.floor((time - offset) / length) * length + offset
}

/** The open time of the candle after the one that opens at `openTime`. */
export function nextOpenTime(openTime: EpochMs, interval: Interval): EpochMs {
  const length = intervalLengths[interval]
  if (length !== undefined) return openTime + length
  const date = new Date(openTime)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

/** The first open time at or after `time`. */
export function ceilToInterval(time: EpochMs, interval: Interval): EpochMs {
  const floor = floorToInterval(time, interval)
  return floor === time ? time : nextOpenTime(floor, interval)
}

/** How many candles open within the range. */
export function countCandles(range: TimeRange, interval: Interval): number {
  const length = intervalLengths[interval]
  const first = ceilToInterval(range.from, interval)
  if (length !== undefined) return Math.max(0, Math.ceil((range.to - first) / length))
  let count = 0
  for (let open = first; open < range.to; open = nextOpenTime(open, interval)) count++
  return count
}
