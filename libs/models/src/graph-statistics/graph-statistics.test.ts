import { GraphParameters } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../seeded-random.ts'
import { createAssetSeries, writeUnitRow } from './asset-series.ts'
import { type AssetFacts, coMentionRelations, sharedGroupRelations } from './known-relations.ts'
import { buildRelations } from './build-relations.ts'
import { hashRelations, summariseGraph } from './graph-summary.ts'
import { ledoitWolfShrinkage } from './ledoit-wolf.ts'
import { nearestPairs } from './nearest.ts'
import { chanceBound } from './measured-relations.ts'
import { toAssetRelations } from './to-asset-relations.ts'

const symbols = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE']
const bars = 40
const along = (value: (t: number) => number, length = bars) => Float64Array.from({ length }, (_, t) => value(t))
const waves = (i: number) => along((t) => Math.sin(0.7 * t * (i + 1) + i) + 0.5 * Math.cos(1.3 * t))

/** numpy 2.4.6 and scikit-learn 1.9.1 on the same series: corrcoef(X), ledoit_wolf_shrinkage(Z.T), sum(Z[i, l:] * Z[j, :T - l]) / T. */
const numpy = {
  correlation: [
    [1, 0.188772823866, 0.211612779294, 0.183216262813, 0.203074990836], [0.188772823866, 1, 0.219795186035, 0.231560989949, 0.21874910081],
    [0.211612779294, 0.219795186035, 1, 0.200360822604, 0.174975604662], [0.183216262813, 0.231560989949, 0.200360822604, 1, -0.226669407379],
    [0.203074990836, 0.21874910081, 0.174975604662, -0.226669407379, 1],
  ],
  shrinkage: 0.6610885788376627,
  lag2: [[0.007288224355, -0.071821880973, -0.160356691805], [-0.258141675407, -0.879196163668, -0.252441261662], [-0.098682846269, -0.086657166012, -0.515918571384]],
  volatilityVolume: [[0.041109137221, 0.089219152732, 0.091661199989], [-0.022257056252, -0.063224353547, -0.059453383616], [0.017450376302, 0.022326490905, 0.002403706676]],
}

function waveSeries() {
  const series = createAssetSeries(symbols, bars, 3)
  symbols.forEach((_, i) => {
    series.set('returns', i, waves(i))
    series.set('volatility', i, along((t) => Math.abs(Math.sin(1.1 * t + i))))
    series.set('volume', i, along((t) => Math.cos(0.9 * t + 2 * i) + 0.1 * t))
  })
  return series
}

describe('correlations', () => {
  it('are those of numpy', async () => {
    const found = await waveSeries().correlations('returns', 'returns')
    numpy.correlation.flat().forEach((value, pair) => expect(found[pair]).toBeCloseTo(value, 6))
  })

  it('at a lag are those of numpy: the first one later than the second', async () => {
    const found = await waveSeries().correlations('returns', 'returns', 2)
    numpy.lag2.forEach((row, i) => row.forEach((value, j) => expect(found[i * symbols.length + j]).toBeCloseTo(value, 6)))
  })

  it('of volatility with volume are those of numpy', async () => {
    const found = await waveSeries().correlations('volatility', 'volume')
    numpy.volatilityVolume.forEach((row, i) => row.forEach((value, j) => expect(found[i * symbols.length + j]).toBeCloseTo(value, 6)))
  })

  it('are shrunk as by scikit-learn', async () => {
    const series = waveSeries()
    expect(ledoitWolfShrinkage(series, await series.correlations('returns', 'returns'))).toBeCloseTo(numpy.shrinkage, 5)
  })

  it('leave out a series that is constant, hardly known or not there', async () => {
    expect(writeUnitRow(along(() => 0.1), new Float32Array(bars))).toBe(false)
    expect(writeUnitRow(along((t) => (t < 19 ? t : NaN)), new Float32Array(bars))).toBe(false)
    const series = createAssetSeries(symbols, bars, 1)
    series.set('returns', 0, waves(0))
    series.set('returns', 1, along((t) => (t % 5 === 0 ? NaN : waves(0)[t]!)))
    expect(symbols.map((_, i) => series.usable('returns', i))).toEqual([true, true, false, false, false])
    const found = await series.correlations('returns', 'returns')
    expect(found[1]).toBeGreaterThan(0.8)
    expect(found.every(Number.isFinite)).toBe(true)
    expect([...found.slice(2, 5)]).toEqual([0, 0, 0])
  })
})

const parameters = (rest: Partial<GraphParameters> = {}) => GraphParameters.parse({ kinds: ['correlation', 'lead_lag', 'volume_volatility', 'sector'], ...rest })
const facts = (names: readonly string[]): AssetFacts[] => names.map((symbol) => ({ symbol }))

/** Independent noise, but B follows A by two bars, and C moves with A. */
function planted(seed: number) {
  const random = seededRandom(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const names = ['A', 'B', 'C', 'D', 'E', 'F'].map((letter) => `${letter}USDT`)
  const noise = names.map(() => along(normal, 600))
  const series = createAssetSeries(names, 600, 4)
  noise.forEach((own, i) => {
    const leader = noise[0]!
    series.set('returns', i, own.map((value, t) => (i === 1 ? 0.5 * value + (leader[t - 2] ?? 0) : i === 2 ? 0.5 * value + leader[t]! : value)))
    for (const kind of ['volatility', 'volume'] as const) series.set(kind, i, own.map((_, t) => Math.abs(noise[i]![t]!) + (kind === 'volume' ? 0 : 0.1 * t % 3)))
  })
  return { names, series }
}

describe('buildRelations', () => {
  it('finds a planted correlation and a planted lead, its direction and its lag, and no other', async () => {
    const { names, series } = planted(7)
    const { relations, facts: found } = await buildRelations({
      series, assets: facts(names), articles: [], parameters: parameters({ kinds: ['correlation', 'lead_lag'], maximum_lag_bars: 4, minimum_weight: 0.2 }),
    })
    expect(relations.map(({ weight: _, ...relation }) => relation)).toEqual([
      { kind: 'correlation', source: 'AUSDT', target: 'CUSDT', directed: false },
      { kind: 'lead_lag', source: 'AUSDT', target: 'BUSDT', directed: true, lag_bars: 2 },
      { kind: 'lead_lag', source: 'CUSDT', target: 'BUSDT', directed: true, lag_bars: 2 },
    ])
    expect(found.shrinkage).toBeGreaterThan(0)
    expect(found.lead_lag_bound).toBeCloseTo(chanceBound(6 * 5 * 4, 600), 6)
  })

  it('finds no lead among unrelated series, in a hundred graphs of which one may', async () => {
    let graphs = 0
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed)
      const series = createAssetSeries(symbols, 300, 3)
      symbols.forEach((_, i) => series.set('returns', i, along(() => random() - 0.5, 300)))
      const { relations } = await buildRelations({ series, assets: facts(symbols), articles: [], parameters: parameters({ kinds: ['lead_lag'], minimum_weight: 0 }) })
      if (relations.length > 0) graphs++
    }
    expect(graphs).toBeLessThanOrEqual(2)
  })

  it('gives equal relations for equal input, whatever order the symbols have', async () => {
    const hashOf = async (order: readonly number[]) => {
      const series = createAssetSeries(order.map((i) => symbols[i]!), bars, 3)
      order.forEach((of, i) => series.set('returns', i, waves(of)))
      const { relations } = await buildRelations({ series, assets: facts(series.symbols), articles: [], parameters: parameters({ kinds: ['correlation'], minimum_weight: 0.01 }) })
      return hashRelations(relations)
    }
    expect(await hashOf([4, 2, 0, 1, 3])).toBe(await hashOf([0, 1, 2, 3, 4]))
    expect(await hashOf([0, 1, 2, 3])).not.toBe(await hashOf([0, 1, 2, 3, 4]))
  })
})

describe('known relations', () => {
  it('join assets by industry and base asset, less by sector and quote asset, and not by what all share', () => {
    const relations = sharedGroupRelations([
      { symbol: 'BTCUSDT', baseAsset: 'BTC', quoteAsset: 'USDT' }, { symbol: 'BTCEUR', baseAsset: 'BTC', quoteAsset: 'EUR' }, { symbol: 'ETHUSDT', baseAsset: 'ETH', quoteAsset: 'USDT' },
    ])
    expect(relations.map(({ source, target, weight }) => [source, target, weight])).toEqual([['BTCEUR', 'BTCUSDT', 1], ['BTCUSDT', 'ETHUSDT', 0.25]])
    const stocks = [{ symbol: 'A', sector: 'x', industry: 'p' }, { symbol: 'B', sector: 'x', industry: 'q' }, { symbol: 'C', sector: 'y', industry: 'q' }, { symbol: 'D' }]
    expect(sharedGroupRelations(stocks).map(({ source, target, weight }) => [source, target, weight])).toEqual([['A', 'B', 0.5], ['B', 'C', 1]])
    expect(sharedGroupRelations(['A', 'B'].map((symbol) => ({ symbol, quoteAsset: 'USDT' })))).toEqual([])
  })

  it('join assets that are named together', () => {
    const relations = coMentionRelations(['A', 'B', 'C'], [['A', 'B'], ['A', 'B', 'A'], ['A'], ['A'], ['C', 'Z']], { nearest: 5, minimum: 0.1 })
    expect(relations).toEqual([{ kind: 'co_mention', source: 'A', target: 'B', directed: false, weight: 0.707107 }])
  })
})

describe('nearestPairs', () => {
  it('keeps a pair when either counts the other among its nearest, by size, above the minimum', () => {
    const weights = [[0, 0.9, -0.8, 0.3], [0.9, 0, 0.2, 0.05], [-0.8, 0.2, 0, 0.1], [0.3, 0.05, 0.1, 0]]
    const pairs = (nearest: number, minimum: number) => nearestPairs(4, (i, j) => weights[i]![j]!, { nearest, minimum }).map((pair) => pair.join(''))
    expect(pairs(1, 0)).toEqual(['01', '02', '03'])
    expect(pairs(1, 0.5)).toEqual(['01', '02'])
    expect(pairs(9, 0)).toHaveLength(6)
  })
})

describe('summaries and matrices', () => {
  const relations = [
    { kind: 'correlation', source: 'AAA', target: 'BBB', directed: false, weight: -0.5 }, { kind: 'lead_lag', source: 'BBB', target: 'AAA', directed: true, weight: 0.25, lag_bars: 1 },
    { kind: 'correlation', source: 'BBB', target: 'CCC', directed: false, weight: 0.1 },
  ] as const

  it('count pairs once whatever relates them', () => {
    expect(summariseGraph(symbols, relations)).toEqual({
      vertices: 5, edges: 3, isolated: 2, density: 0.2, mean_degree: 0.8,
      kinds: { correlation: { edges: 2, mean_weight: -0.2, minimum_weight: -0.5, maximum_weight: 0.1 }, lead_lag: { edges: 1, mean_weight: 0.25, minimum_weight: 0.25, maximum_weight: 0.25 } },
    })
  })

  it('lead from source to target: weights[target * N + source]', () => {
    const { kinds, weights } = toAssetRelations(relations, ['BBB', 'AAA'], ['lead_lag', 'correlation', 'sector'])
    expect(kinds).toEqual(['lead_lag', 'correlation', 'sector'])
    expect(weights.map((matrix) => [...matrix])).toEqual([[0, 0, 0.25, 0], [0, -0.5, -0.5, 0], [0, 0, 0, 0]])
  })

  it('hash the canonical lines, whatever the order', () => {
    expect(hashRelations(relations)).toBe(hashRelations([...relations].reverse()))
    expect(hashRelations(relations)).not.toBe(hashRelations(relations.slice(1)))
  })
})
