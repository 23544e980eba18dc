import type { AssetSeries } from './asset-series.ts'

/**
 * How far the sample correlations of returns are drawn towards none at all: Ledoit and Wolf, A well-conditioned estimator for
 * large-dimensional covariance matrices (2004), of standardised returns, whose target is then the identity. The same as scikit-learn's
 * `ledoit_wolf_shrinkage` of them.
 * @param correlations [N, N] of the usable assets' returns; others have 0
 * @returns the share from 0 (as measured) to 1 (no correlation)
 */
export function ledoitWolfShrinkage(series: AssetSeries, correlations: Float64Array): number {
  const assets = series.symbols.flatMap((_, asset) => (series.usable('returns', asset) ? [asset] : []))
  const count = assets.length
  if (count < 2) return 0
  let squares = 0
  for (const i of assets) for (const j of assets) squares += i === j ? 1 : correlations[i * series.symbols.length + j]! ** 2
  const fourth = sumOfSquaredLengths(series, assets)
  const bars = series.bars
  const distance = (squares - count) / count
  const variance = (bars * fourth - squares) / (count * bars)
  return distance <= 0 ? 0 : Math.min(1, Math.max(0, variance / distance))
}

/** Over the bars: the squared length of all assets' unit rows in a bar, squared. */
function sumOfSquaredLengths({ table, bars }: AssetSeries, assets: readonly number[]): number {
  const lengths = new Float64Array(bars)
  for (const asset of assets) {
    const row = table.row(0, asset)
    for (let t = 0; t < bars; t++) lengths[t]! += row[t]! * row[t]!
  }
  let sum = 0
  for (const length of lengths) sum += length * length
  return sum
}
