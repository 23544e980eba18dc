import { barGrid, nextOpenTime, type CandlesQuery, type TimeRange } from '@streamforge/contracts'

/** A stretch without candles that is longer is shown by its beginning only. */
const most = 2_000

/**
 * Where between candles, in order of time, none is due because the market is closed; from the last one on up to the end that was asked for, where
 * newer candles are already shown.
 */
export function closedSpans(openTimes: readonly number[], { venue, interval, to }: Pick<CandlesQuery, 'venue' | 'interval' | 'to'>): TimeRange[] {
  const grid = barGrid(venue, interval)
  const spans: TimeRange[] = []
  if (grid.calendar === 'always_open') return spans
  openTimes.forEach((openTime, i) => {
    const end = openTimes[i + 1] ?? to ?? -Infinity
    for (let from = nextOpenTime(openTime, interval); from < end && spans.length < most; from = nextOpenTime(from, interval)) {
      const due = Math.min(grid.atOrAfter(from), end)
      if (due > from) spans.push({ from, to: due })
      from = due
    }
  })
  return spans
}
