import type { Scores } from '@streamforge/contracts'
import { type BarSeries, type BootstrapOptions, measure } from './block-bootstrap.ts'
import { correlation, rankCorrelation, reciprocalRank, topWeights } from './rank-statistics.ts'

/** Forecasts of some bars beside what came, both [bars, assets] row-major, NaN where there is none. */
export interface Judged {
  forecast: Float32Array
  truth: Float32Array
  assets: number
  /** Bars from a forecast to its outcome. */
  horizonBars: number
}

export interface ScoreOptions {
  /** Cost of buying or selling, in basis points of the amount. */
  costBps: number
  bootstrap: BootstrapOptions
  /** Sizes of the portfolios; those larger than the number of assets are left out. Default 1, 5, 10. */
  tops?: readonly number[]
}

/**
 * What forecasts are worth, each figure with its interval over the bars:
 *
 * - `mse`: mean squared error over all known outcomes
 * - `directional_accuracy`: share of non-zero forecasts of non-zero outcomes with the right sign
 * - `ic`, `rank_ic`: mean over bars of Pearson's and Spearman's correlation across assets
 * - `mrr`: mean over bars of one over the true rank of the asset forecast to be best (Feng et al. 2019)
 * - `irr_k`: sum over bars of the return of holding the k best-forecast assets in equal parts, less costs of what is traded (Feng et al. 2019, who
 *   have no costs); `irr_k_gross` without costs. Where an outcome takes several bars, every so many-th bar is traded
 *
 * A figure that cannot be had (the direction of forecasts that are all 0) is left out.
 */
export function scoreForecasts(judged: Judged, options: ScoreOptions): Scores {
  const { tops = [1, 5, 10], costBps, bootstrap } = options
  const series = barSeries(judged)
  const scores: Scores = {}
  const add = (name: string, of: BarSeries, factor = 1) => {
    const measured = measure(of, bootstrap, factor)
    if (measured) scores[name] = measured
  }
  for (const [name, of] of Object.entries(series)) add(name, of)
  for (const k of tops.filter((size) => size <= judged.assets)) {
    const { gross, net } = topReturns(judged, k, costBps)
    add(`irr_${k}`, net, net.sums.length)
    add(`irr_${k}_gross`, gross, gross.sums.length)
  }
  return scores
}

/** The figures that are means over bars or outcomes, bar by bar. */
export function barSeries(judged: Judged): Record<'mse' | 'directional_accuracy' | 'ic' | 'rank_ic' | 'mrr', BarSeries> {
  const bars = judged.truth.length / judged.assets
  const empty = (): BarSeries => ({ sums: new Float64Array(bars), weights: new Float64Array(bars) })
  const series = { mse: empty(), directional_accuracy: empty(), ic: empty(), rank_ic: empty(), mrr: empty() }
  for (let bar = 0; bar < bars; bar++) {
    const { forecast, truth } = knownPairs(judged, bar)
    for (let i = 0; i < truth.length; i++) {
      series.mse.sums[bar]! += (forecast[i]! - truth[i]!) ** 2
      series.mse.weights[bar]! += 1
      if (forecast[i] === 0 || truth[i] === 0) continue
      series.directional_accuracy.sums[bar]! += forecast[i]! > 0 === truth[i]! > 0 ? 1 : 0
      series.directional_accuracy.weights[bar]! += 1
    }
    setBar(series.ic, bar, correlation(forecast, truth))
    setBar(series.rank_ic, bar, rankCorrelation(forecast, truth))
    setBar(series.mrr, bar, truth.length < 2 ? NaN : reciprocalRank(forecast, truth))
  }
  return series
}

/** Return of each trade of the k best, before and after costs. An asset whose outcome is unknown returns 0: it could not be sold. */
export function topReturns({ forecast, truth, assets, horizonBars }: Judged, k: number, costBps: number): { gross: BarSeries; net: BarSeries } {
  const trades = Math.ceil(truth.length / assets / horizonBars)
  const gross = new Float64Array(trades)
  const net = new Float64Array(trades)
  let held: Float64Array = new Float64Array(assets)
  for (let trade = 0; trade < trades; trade++) {
    const at = trade * horizonBars * assets
    const weights = topWeights(forecast.subarray(at, at + assets), k)
    let traded = 0
    for (let n = 0; n < assets; n++) {
      gross[trade]! += weights[n]! * (Number.isNaN(truth[at + n]!) ? 0 : truth[at + n]!)
      traded += Math.abs(weights[n]! - held[n]!)
    }
    net[trade] = gross[trade]! - (traded * costBps) / 10_000
    held = weights
  }
  const weights = new Float64Array(trades).fill(1)
  return { gross: { sums: gross, weights }, net: { sums: net, weights } }
}

function knownPairs({ forecast, truth, assets }: Judged, bar: number): { forecast: number[]; truth: number[] } {
  const known = { forecast: [] as number[], truth: [] as number[] }
  for (let i = bar * assets; i < (bar + 1) * assets; i++) {
    if (Number.isNaN(forecast[i]!) || Number.isNaN(truth[i]!)) continue
    known.forecast.push(forecast[i]!)
    known.truth.push(truth[i]!)
  }
  return known
}

function setBar(series: BarSeries, bar: number, value: number): void {
  if (Number.isNaN(value)) return
  series.sums[bar] = value
  series.weights[bar] = 1
}
