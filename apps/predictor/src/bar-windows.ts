import { type BarGrid, type FeatureRow, featureSets, type FeatureSet } from '@streamforge/contracts'
import type { KeptBar } from '@streamforge/models/tensors'

/** Bars that are kept: the longest window that a model may have. */
export const keptBars = 512

/** What is kept of a row beside its values. */
export type BarRow = Pick<FeatureRow, 'venue' | 'symbol' | 'interval' | 'open_time' | 'close' | 'event_time' | 'known_time'>

export interface BarWindows {
  /** Takes a row in. The first of a symbol and bar stays. */
  put(row: FeatureRow): void
  row(symbol: string, openTime: number): BarRow | undefined
  /** The row's values as networks read them, NaN where not known; a view. */
  values(symbol: string, openTime: number): Float32Array | undefined
  /** The `count` adjoining bars up to the one that opens at `openTime`; undefined: nothing has come of it. */
  bars(openTime: number, count: number): (KeptBar | undefined)[]
}

/** One bar of all symbols, in columns: objects of many small rows would be what the garbage collector spends its time on. NaN: no row. */
interface BarColumns {
  features: Float32Array
  revision: number
  venues: string[]
  close: Float64Array
  eventTime: Float64Array
  knownTime: Float64Array
}

/** Keeps the newest bars, in whatever order their rows come. */
export function createBarWindows(symbols: readonly string[], grid: BarGrid, featureSet: FeatureSet): BarWindows {
  const { interval } = grid
  const width = featureSets[featureSet].length
  const indexes = new Map(symbols.map((symbol, n) => [symbol, n]))
  const kept = new Map<number, BarColumns>()
  const find = (symbol: string, openTime: number) => {
    const bar = kept.get(openTime)
    const n = indexes.get(symbol)
    return bar === undefined || n === undefined || Number.isNaN(bar.eventTime[n]!) ? undefined : { bar, n }
  }
  return {
    put(row) {
      const n = indexes.get(row.symbol)
      if (n === undefined || find(row.symbol, row.open_time)) return
      const bar = kept.get(row.open_time) ?? emptyBar(symbols.length, width)
      kept.set(row.open_time, bar)
      putRow(bar, n, row, width)
      if (kept.size > keptBars * 1.5) keepNewest(kept)
    },
    row(symbol, openTime) {
      const { bar, n } = find(symbol, openTime) ?? {}
      if (!bar || n === undefined) return undefined
      return { venue: bar.venues[n]!, symbol, interval, open_time: openTime, close: bar.close[n]!, event_time: bar.eventTime[n]!, known_time: bar.knownTime[n]! }
    },
    values(symbol, openTime) {
      const { bar, n } = find(symbol, openTime) ?? {}
      return n === undefined ? undefined : bar?.features.subarray(n * width, (n + 1) * width)
    },
    bars: (openTime, count) => timesUpTo(openTime, count, grid).map((time) => kept.get(time)),
  }
}

function emptyBar(symbols: number, width: number): BarColumns {
  const unknown = () => new Float64Array(symbols).fill(NaN)
  return { features: new Float32Array(symbols * width).fill(NaN), revision: 0, venues: [], close: unknown(), eventTime: unknown(), knownTime: unknown() }
}

function putRow(bar: BarColumns, n: number, row: FeatureRow, width: number): void {
  for (let f = 0; f < width; f++) bar.features[n * width + f] = row.values[f] ?? NaN
  bar.venues[n] = row.venue
  bar.close[n] = row.close
  bar.eventTime[n] = row.event_time
  bar.knownTime[n] = row.known_time
  bar.revision++
}

function keepNewest(bars: Map<number, unknown>): void {
  for (const time of [...bars.keys()].sort((a, b) => b - a).slice(keptBars)) bars.delete(time)
}

/** Open times of `bars` adjoining bars, the last one opening at `openTime`. */
export function timesUpTo(openTime: number, bars: number, grid: BarGrid): number[] {
  const times = [openTime]
  while (times.length < bars) times.push(grid.before(times.at(-1)!))
  return times.reverse()
}
