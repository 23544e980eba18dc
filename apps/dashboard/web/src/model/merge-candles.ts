import type { ChartCandle, Gap } from '@streamforge/contracts'

/** Two runs of candles as one, oldest first, each open time once: a closed candle is never replaced by an open one. */
export function mergeCandles(known: readonly ChartCandle[], news: readonly ChartCandle[]): ChartCandle[] {
  if (!news.length) return [...known]
  const last = known.at(-1)
  const first = news[0]!
  // The usual case, once or more a second: the last candle changes, or one comes after it.
  if (news.length === 1 && last && first.open_time >= last.open_time) {
    if (first.open_time > last.open_time) return [...known, first]
    return last.closed && !first.closed ? [...known] : [...known.slice(0, -1), first]
  }
  const byTime = new Map(known.map((candle) => [candle.open_time, candle]))
  for (const candle of news) if (candle.closed || !byTime.get(candle.open_time)?.closed) byTime.set(candle.open_time, candle)
  return [...byTime.values()].sort((a, b) => a.open_time - b.open_time)
}

/** The newest closed candle: from there on what was missed is asked for. */
export const lastClosed = (candles: readonly ChartCandle[]) => candles.findLast((candle) => candle.closed)?.open_time

export interface Missing {
  open_time: number
  /** exchange: the venue has nothing there; absent: not stored (yet). */
  cause: 'exchange' | 'absent'
}

/** A hole larger than this is shown by its first candles only: nobody counts beyond. */
const most = 2_000

/** Open times between the first and the last candle that are not there. A month has no fixed length: none are found for it. */
export function missingCandles(candles: readonly ChartCandle[], gaps: readonly Gap[], intervalMs: number | undefined): Missing[] {
  const missing: Missing[] = []
  if (intervalMs === undefined) return missing
  for (let i = 1; i < candles.length && missing.length < most; i++) {
    const to = candles[i]!.open_time
    for (let t = candles[i - 1]!.open_time + intervalMs; t < to && missing.length < most; t += intervalMs) {
      missing.push({ open_time: t, cause: gaps.some((gap) => t >= gap.from && t < gap.to) ? 'exchange' : 'absent' })
    }
  }
  return missing
}

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** Milliseconds of an interval such as 5m; undefined for months. */
export function intervalMs(interval: string): number | undefined {
  const unit = units[interval.slice(-1)]
  return unit === undefined ? undefined : Number(interval.slice(0, -1)) * unit
}
