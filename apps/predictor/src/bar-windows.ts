import { type BarGrid, type FeatureRow, featureSets, type FeatureSet } from '@streamforge/contracts'
import type { Panel } from '@streamforge/models'

/** The newest bars of some assets, as a network reads them: what is not there is NaN. */
export type BarSlice = Pick<Panel, 'symbols' | 'featureNames' | 'features'>

/** Bars of each symbol that are kept: the longest window that a model may have. */
export const keptBars = 512

export interface BarWindows {
  /** Takes a row in. The first of a symbol and bar stays. */
  put(row: FeatureRow): void
  row(symbol: string, openTime: number): FeatureRow | undefined
  /** Open time of a symbol's newest bar. */
  newest(symbol: string): number | undefined
  /** The bars up to the one that opens at `openTime`, [bars, N, F]. */
  slice(openTime: number, bars: number): BarSlice
}

/** A row, and its values as networks read them: made once, read with every bar of the window. */
interface KeptRow {
  row: FeatureRow
  values: Float32Array
}

/** Keeps the newest bars of each symbol, in whatever order they come. */
export function createBarWindows(symbols: readonly string[], grid: BarGrid, featureSet: FeatureSet): BarWindows {
  const rows = new Map(symbols.map((symbol) => [symbol, new Map<number, KeptRow>()]))
  const newest = new Map<string, number>()
  const featureNames = featureSets[featureSet]
  return {
    put(row) {
      const own = rows.get(row.symbol)
      if (!own || own.has(row.open_time)) return
      own.set(row.open_time, { row, values: Float32Array.from(row.values, (value) => value ?? NaN) })
      newest.set(row.symbol, Math.max(newest.get(row.symbol) ?? 0, row.open_time))
      if (own.size > keptBars * 1.5) keepNewest(own)
    },
    row: (symbol, openTime) => rows.get(symbol)?.get(openTime)?.row,
    newest: (symbol) => newest.get(symbol),
    slice(openTime, bars) {
      const features = new Float32Array(bars * symbols.length * featureNames.length).fill(NaN)
      const times = timesUpTo(openTime, bars, grid)
      symbols.forEach((symbol, n) => {
        const own = rows.get(symbol)!
        times.forEach((time, t) => {
          const kept = own.get(time)
          if (kept) copy(kept.values, features, (t * symbols.length + n) * featureNames.length)
        })
      })
      return { symbols, featureNames, features }
    },
  }
}

/** For a few values a loop is many times as fast as `set`. */
function copy(values: Float32Array, to: Float32Array, at: number): void {
  for (let i = 0; i < values.length; i++) to[at + i] = values[i]!
}

function keepNewest(rows: Map<number, unknown>): void {
  for (const time of [...rows.keys()].sort((a, b) => b - a).slice(keptBars)) rows.delete(time)
}

/** Open times of `bars` adjoining bars, the last one opening at `openTime`. */
export function timesUpTo(openTime: number, bars: number, grid: BarGrid): number[] {
  const times = [openTime]
  while (times.length < bars) times.push(grid.before(times.at(-1)!))
  return times.reverse()
}
