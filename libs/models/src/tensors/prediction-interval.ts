/** How far outcomes lay from forecasts, as simple returns to be added to a forecast: `forecast + low .. forecast + high`. */
export interface ErrorBand {
  low: number
  high: number
}

export interface PredictionInterval {
  /** Share of outcomes that should lie within, such as 0.9. */
  coverage: number
  /** Over all assets. */
  all: ErrorBand
  /** Of assets with enough outcomes; assets differ in how much they move. */
  bySymbol: Readonly<Record<string, ErrorBand>>
  /** Outcomes that it was made of. */
  outcomes: number
}

const fewestOfSymbol = 100

/**
 * Split conformal prediction (Vovk et al. 2005; Lei et al. 2018) with both tails by themselves: the order statistics of the errors on bars that no parameter
 * was fitted on. It holds for future bars as far as errors stay alike; early stopping has looked at the same bars, which makes it slightly narrow.
 * @param forecast [bars, N] simple returns, NaN where there is none; `truth` the same
 */
export function fitInterval(forecast: Float32Array, truth: Float32Array, symbols: readonly string[], coverage = 0.9): PredictionInterval {
  const errors = symbols.map((_, n) => errorsOf(forecast, truth, n, symbols.length))
  const all = Float64Array.from(errors.flatMap((list) => [...list])).sort()
  const bySymbol = symbols.flatMap((symbol, n) => (errors[n]!.length < fewestOfSymbol ? [] : [[symbol, band(errors[n]!, coverage)] as const]))
  return { coverage, all: band(all, coverage), bySymbol: Object.fromEntries(bySymbol), outcomes: all.length }
}

/** The band of a symbol, else that of all. */
export const errorBand = (interval: PredictionInterval, symbol: string): ErrorBand =>
  (Object.hasOwn(interval.bySymbol, symbol) ? interval.bySymbol[symbol]! : interval.all)

function errorsOf(forecast: Float32Array, truth: Float32Array, column: number, width: number): Float64Array {
  const errors: number[] = []
  for (let i = column; i < truth.length; i += width) {
    const error = truth[i]! - forecast[i]!
    if (!Number.isNaN(error)) errors.push(error)
  }
  return Float64Array.from(errors).sort()
}

/** With n errors, each tail leaves out `floor((n + 1) (1 - coverage) / 2)` of them, less one: the correction for few errors. */
function band(sorted: Float64Array, coverage: number): ErrorBand {
  if (sorted.length === 0) return { low: 0, high: 0 }
  const outside = Math.max(0, Math.floor(((sorted.length + 1) * (1 - coverage)) / 2) - 1)
  return { low: sorted[outside]!, high: sorted[sorted.length - 1 - outside]! }
}
