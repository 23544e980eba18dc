import { StreamForgeError } from '@streamforge/contracts'

/** Bars x assets x features, row-major: `features[(t * N + n) * F + f]`. NaN: not known. */
export interface Panel {
  symbols: readonly string[]
  /** Milliseconds, ascending: the open time of bar t. */
  openTimes: Float64Array
  /** [T, N]: when the row was known, in milliseconds; NaN where there is no row. */
  knownTimes: Float64Array
  featureNames: readonly string[]
  /** [T, N, F]. */
  features: Float32Array
  /** [T, N]: price at the end of bar t; NaN where there is none. */
  close: Float64Array
  /** [T, N]: simple return from the end of bar t to the end of bar t + horizonBars, the TARGET of row t; NaN unknown. */
  returns: Float32Array
  horizonBars: number
}

/** Edges among the N assets by kind. `weights[k][i * N + j]`: relation of kind k from j to i, 0 none. */
export interface AssetRelations {
  kinds: readonly string[]
  weights: readonly Float32Array[]
}

/** One asset in one bar, as it was stored. */
export interface PanelRow {
  symbol: string
  openTime: number
  knownTime: number
  close: number
  /** In the order of the panel's feature names; null and NaN: not known. */
  values: ArrayLike<number | null>
}

export interface PanelPlan {
  symbols: readonly string[]
  featureNames: readonly string[]
  horizonBars: number
  /** Milliseconds: rows known later are left out, and no target reaches into them. Default: everything. */
  asOf?: number
  /** Open times of the bars, ascending. Default: every open time that some row has. */
  openTimes?: readonly number[]
}

/**
 * Puts rows into their places. Of two rows of the same asset and bar the later one counts. Rows of other symbols, of bars that are not on the grid, or
 * known after `asOf` are left out.
 * @throws StreamForgeError BAD_TRAINING_DATA for a row whose values do not fit the names
 */
export function buildPanel(plan: PanelPlan, rows: Iterable<PanelRow>): Panel {
  const symbols = new Set(plan.symbols)
  const { asOf = Infinity } = plan
  const kept = Array.from(rows).filter((row) => row.knownTime <= asOf && symbols.has(row.symbol))
  const openTimes = plan.openTimes ?? [...new Set(kept.map((row) => row.openTime))].toSorted((a, b) => a - b)
  const writer = startPanel({ ...plan, openTimes })
  for (const row of kept) writer.place(row)
  return writer.finish()
}

/** {@link buildPanel} row by row, for more rows than one wants in memory. */
export interface PanelWriter {
  /** True when the row has a place. */
  place(row: PanelRow): boolean
  finish(): Panel
}

export function startPanel(plan: PanelPlan & { openTimes: readonly number[] }): PanelWriter {
  const { symbols, featureNames, horizonBars, openTimes, asOf = Infinity } = plan
  const asset = new Map(symbols.map((symbol, n) => [symbol, n]))
  const bar = new Map(openTimes.map((time, t) => [time, t]))
  const panel = emptyPanel(symbols, featureNames, Float64Array.from(openTimes), horizonBars)
  return {
    place(row) {
      const [t, n] = [bar.get(row.openTime), asset.get(row.symbol)]
      if (t === undefined || n === undefined || row.knownTime > asOf) return false
      placeRow(panel, t * symbols.length + n, row)
      return true
    },
    finish: () => ({ ...panel, returns: forwardReturns(panel.close, symbols.length, horizonBars) }),
  }
}

/** A panel of T bars in which nothing is known. */
export function emptyPanel(symbols: readonly string[], featureNames: readonly string[], openTimes: Float64Array, horizonBars: number): Panel {
  const cells = openTimes.length * symbols.length
  return {
    symbols, featureNames, openTimes, horizonBars,
    knownTimes: new Float64Array(cells).fill(NaN),
    features: new Float32Array(cells * featureNames.length).fill(NaN),
    close: new Float64Array(cells).fill(NaN),
    returns: new Float32Array(cells).fill(NaN),
  }
}

/** [T, N]: `close[t + horizon] / close[t] - 1`; NaN where one of the two is not known or not positive. */
export function forwardReturns(close: Float64Array, assets: number, horizonBars: number): Float32Array {
  const returns = new Float32Array(close.length).fill(NaN)
  const shift = horizonBars * assets
  for (let i = 0; i + shift < close.length; i++) {
    const now = close[i]!
    const later = close[i + shift]!
    if (now > 0 && later > 0) returns[i] = later / now - 1
  }
  return returns
}

/** The bars `from` to `to` (excluded) as a panel of their own; arrays are views. Targets that were known stay. */
export function slicePanel(panel: Panel, from: number, to: number): Panel {
  const n = panel.symbols.length
  const f = panel.featureNames.length
  return {
    ...panel,
    openTimes: panel.openTimes.subarray(from, to),
    knownTimes: panel.knownTimes.subarray(from * n, to * n),
    features: panel.features.subarray(from * n * f, to * n * f),
    close: panel.close.subarray(from * n, to * n),
    returns: panel.returns.subarray(from * n, to * n),
  }
}

function placeRow(panel: Panel, cell: number, row: PanelRow): void {
  const width = panel.featureNames.length
  if (row.values.length !== width) {
    throw new StreamForgeError('BAD_TRAINING_DATA', `the row of ${row.symbol} at ${new Date(row.openTime).toISOString()} has ${row.values.length} values; ${width} features are expected`, {
      remedy: 'compute the features anew, all with one feature set', details: { symbol: row.symbol, open_time: row.openTime },
    })
  }
  panel.knownTimes[cell] = row.knownTime
  panel.close[cell] = row.close > 0 ? row.close : NaN
  for (let f = 0; f < width; f++) panel.features[cell * width + f] = row.values[f] ?? NaN
}
