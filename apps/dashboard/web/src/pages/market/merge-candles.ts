import type { CandlesAnswer, ChartCandle, Gap } from '@streamforge/contracts'

/**
 * Two runs of candles as one, oldest first, each open time once: a closed candle is never replaced by an open one. Candles that have not
 * changed stay the same objects, by which the chart knows what to draw anew.
 */
export function mergeCandles(known: readonly ChartCandle[], news: readonly ChartCandle[]): ChartCandle[] {
  if (!news.length) return [...known]
  // The usual case, several times a second: all news is at the end.
  const earliest = news.reduce((least, candle) => Math.min(least, candle.open_time), Number.POSITIVE_INFINITY)
  const keep = known.findLastIndex((candle) => candle.open_time < earliest) + 1
  const byTime = new Map(known.slice(keep).map((candle) => [candle.open_time, candle]))
  for (const candle of news) {
    const other = byTime.get(candle.open_time)
    if (!other || ((candle.closed || !other.closed) && !isSame(candle, other))) byTime.set(candle.open_time, candle)
  }
  return [...known.slice(0, keep), ...[...byTime.values()].sort((a, b) => a.open_time - b.open_time)]
}

function isSame(a: ChartCandle, b: ChartCandle): boolean {
  return a.close === b.close && a.high === b.high && a.low === b.low && a.open === b.open && a.volume === b.volume
    && a.closed === b.closed && a.backfilled === b.backfilled && a.incomplete === b.incomplete
}

/** The newest closed candle: from there on what was missed is asked for. */
export const lastClosed = (candles: readonly ChartCandle[]) => candles.findLast((candle) => candle.closed)?.open_time

/** From when on no candle is due, and when the next one is. */
export type ClosedSpan = NonNullable<CandlesAnswer['closed']>[number]

export interface Missing {
  open_time: number
  /**
   * exchange: the venue has nothing there; absent: not stored (yet). Of candles that are there, made from trades: partial, the venue lacks some of
   * these; incomplete: some are missing, or nothing proves that none is.
   */
  cause: 'exchange' | 'absent' | 'partial' | 'incomplete'
}

/** A hole larger than this is shown by its first candles only: nobody counts beyond. */
const most = 2_000

/**
 * Open times between the first and the last candle that are not there, and those of candles that are not whole. A month has no fixed length:
 * none are found for it. Where the market is `closed` nothing is missing.
 */
export function missingCandles(
  candles: readonly ChartCandle[], gaps: readonly Gap[], intervalMs: number | undefined, closed: readonly ClosedSpan[] = [],
): Missing[] {
  const missing: Missing[] = []
  if (intervalMs === undefined) return missing
  const inGap = (t: number) => gaps.some((gap) => gap.from < t + intervalMs && gap.to > t)
  const isClosed = (t: number) => closed.some((span) => span.from <= t && t < span.to)
  candles.forEach((candle, i) => {
    const before = candles[i - 1]
    for (let t = before ? before.open_time + intervalMs : candle.open_time; t < candle.open_time && missing.length < most; t += intervalMs) {
      if (!isClosed(t)) missing.push({ open_time: t, cause: inGap(t) ? 'exchange' : 'absent' })
    }
    if (candle.incomplete && missing.length < most) missing.push({ open_time: candle.open_time, cause: inGap(candle.open_time) ? 'partial' : 'incomplete' })
  })
  return missing
}

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** Milliseconds of an interval such as 5m; undefined for months. */
export function intervalMs(interval: string): number | undefined {
  const unit = units[interval.slice(-1)]
  return unit === undefined ? undefined : Number(interval.slice(0, -1)) * unit
}
