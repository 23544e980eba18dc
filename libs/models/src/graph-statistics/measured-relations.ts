import type { GraphParameters } from '@streamforge/contracts'
import type { AssetSeries } from './asset-series.ts'
import { ledoitWolfShrinkage } from './ledoit-wolf.ts'
import { nearestOf, nearestPairs } from './nearest.ts'
import { type Relation, roundWeight, undirected } from './relation.ts'

export type MeasuredParameters = Pick<GraphParameters, 'nearest' | 'minimum_weight' | 'maximum_lag_bars'>

export interface Measured {
  relations: Relation[]
  /** What the data itself has decided, for the record. */
  facts: Record<string, number>
}

/** Correlation of returns in the same bar, shrunk after Ledoit and Wolf; the nearest of each asset. */
export async function correlationRelations(series: AssetSeries, parameters: MeasuredParameters): Promise<Measured> {
  const correlations = await series.correlations('returns', 'returns')
  const shrinkage = ledoitWolfShrinkage(series, correlations)
  const n = series.symbols.length
  const weight = (i: number, j: number) => (1 - shrinkage) * correlations[i * n + j]!
  const pairs = nearestPairs(n, weight, { nearest: parameters.nearest, minimum: parameters.minimum_weight })
  return { relations: pairs.map(([i, j]) => undirected('correlation', series.symbols, [i, j], weight(i, j))), facts: { shrinkage: roundWeight(shrinkage) } }
}

/**
 * Volume of one asset with volatility of the other, the mean of both ways round. (Karpoff, The relation between price changes and trading
 * volume, 1987, for one asset; here between two.)
 */
export async function volumeVolatilityRelations(series: AssetSeries, parameters: MeasuredParameters): Promise<Measured> {
  const correlations = await series.correlations('volatility', 'volume')
  const n = series.symbols.length
  const weight = (i: number, j: number) => (correlations[i * n + j]! + correlations[j * n + i]!) / 2
  const pairs = nearestPairs(n, weight, { nearest: parameters.nearest, minimum: parameters.minimum_weight })
  return { relations: pairs.map(([i, j]) => undirected('volume_volatility', series.symbols, [i, j], weight(i, j))), facts: {} }
}

/** Chance that one lead among all pairs and lags of unrelated assets is taken for real. */
const FALSE_LEAD = 0.01

/**
 * Who moves first: the largest cross-correlation, by its size, of the target's returns 1 to L bars after the source's (divided by all
 * bars of the window, as R's ccf does). Of two assets only the stronger way round counts. Kept are the nearest sources of each target
 * whose weight is above the minimum and above what chance gives among so many pairs and lags.
 */
export async function leadLagRelations(series: AssetSeries, parameters: MeasuredParameters): Promise<Measured> {
  const n = series.symbols.length
  const { weights, lags } = await largestCrossCorrelations(series, parameters.maximum_lag_bars)
  const bound = chanceBound(n * (n - 1) * parameters.maximum_lag_bars, series.bars)
  const weight = (target: number, source: number) => {
    const [there, back] = [weights[target * n + source]!, weights[source * n + target]!]
    return Math.abs(there) > Math.abs(back) || (Math.abs(there) === Math.abs(back) && target < source) ? there : 0
  }
  const plan = { nearest: parameters.nearest, minimum: Math.max(parameters.minimum_weight, bound) }
  const relations = series.symbols.flatMap((target, i) => nearestOf(i, n, weight, plan).map((j): Relation => ({
    kind: 'lead_lag', source: series.symbols[j]!, target, directed: true, weight: roundWeight(weight(i, j)), lag_bars: lags[i * n + j]!,
  })))
  return { relations, facts: { lead_lag_bound: roundWeight(bound) } }
}

/** [target, source]: the largest by its size over the lags, and at which; of equal ones the shorter lag. */
async function largestCrossCorrelations(series: AssetSeries, maximumLag: number): Promise<{ weights: Float64Array; lags: Uint8Array }> {
  const n = series.symbols.length
  const weights = new Float64Array(n * n)
  const lags = new Uint8Array(n * n)
  for (let lag = 1; lag <= Math.min(maximumLag, series.bars - 1); lag++) {
    const correlations = await series.correlations('returns', 'returns', lag)
    for (let pair = 0; pair < n * n; pair++) {
      if (Math.abs(correlations[pair]!) <= Math.abs(weights[pair]!)) continue
      weights[pair] = correlations[pair]!
      lags[pair] = lag
    }
  }
  return { weights, lags }
}

/**
 * What the largest of `tests` correlations of unrelated series stays below, but for {@link FALSE_LEAD}: they are about normal with
 * variance 1 / bars, and P(|z| > x) <= 2 exp(-x² / 2).
 */
export function chanceBound(tests: number, bars: number): number {
  return tests <= 0 ? 1 : Math.min(1, Math.sqrt(2 * Math.log((2 * tests) / FALSE_LEAD) / bars))
}
