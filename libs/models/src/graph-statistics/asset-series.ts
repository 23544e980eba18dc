import { createRowTable, type RowTable } from './row-products.ts'

/** What relations are computed of, for each asset and bar of a window. */
export const seriesKinds = ['returns', 'volatility', 'volume'] as const
export type SeriesKind = (typeof seriesKinds)[number]

/** An asset with less of its bars known than this share has no relations of that kind. */
const KNOWN_SHARE = 0.5

export interface AssetSeries {
  readonly symbols: readonly string[]
  readonly bars: number
  /** Takes one series of an asset; `values` has one number a bar, NaN where it is not known. */
  set(kind: SeriesKind, asset: number, values: ArrayLike<number>): void
  /** Whether the asset's series is known in at least half of the bars, and changes. */
  usable(kind: SeriesKind, asset: number): boolean
  /** [N, N]: correlation of a's row i, `lag` bars later, with b's row j. Rows that are not usable have 0. */
  correlations(a: SeriesKind, b: SeriesKind, lag?: number): Promise<Float64Array>
  readonly table: RowTable
}

/** Holds the series of a window as rows of mean 0 and length 1, so that each product of two rows is a correlation. */
export function createAssetSeries(symbols: readonly string[], bars: number, maximumLag: number): AssetSeries {
  const table = createRowTable({ groups: seriesKinds.length, rows: symbols.length, bars, maximumLag })
  const usable = seriesKinds.map(() => new Uint8Array(symbols.length))
  const group = (kind: SeriesKind) => seriesKinds.indexOf(kind)
  return {
    symbols, bars, table,
    set(kind, asset, values) {
      usable[group(kind)]![asset] = writeUnitRow(values, table.row(group(kind), asset)) ? 1 : 0
    },
    usable: (kind, asset) => usable[group(kind)]![asset] === 1,
    correlations: (a, b, lag = 0) => table.products(group(a), group(b), { lag, symmetric: a === b && lag === 0 }),
  }
}

/**
 * Writes `values` less their mean, divided by the root of their sum of squares; what is not known becomes 0, the mean. So correlations of
 * series with holes are a little smaller than those of the bars that both have, and their matrix stays positive semidefinite.
 * False, and a row of zeros, when too little is known or nothing changes.
 */
export function writeUnitRow(values: ArrayLike<number>, row: Float32Array): boolean {
  row.fill(0)
  const { known, mean } = meanOf(values)
  if (known < 2 || known < values.length * KNOWN_SHARE) return false
  let squares = 0
  let largest = 0
  for (let t = 0; t < values.length; t++) {
    const value = values[t]!
    if (!Number.isFinite(value)) continue
    squares += (value - mean) ** 2
    largest = Math.max(largest, Math.abs(value))
  }
  // A constant's mean may be off by rounding: what is left of it is no change.
  if (Math.sqrt(squares / known) <= largest * 1e-12) return false
  const scale = 1 / Math.sqrt(squares)
  for (let t = 0; t < values.length; t++) if (Number.isFinite(values[t])) row[t] = (values[t]! - mean) * scale
  return true
}

function meanOf(values: ArrayLike<number>): { known: number; mean: number } {
  let known = 0
  let sum = 0
  for (let t = 0; t < values.length; t++) {
    if (!Number.isFinite(values[t])) continue
    known++
    sum += values[t]!
  }
  return { known, mean: sum / known }
}
