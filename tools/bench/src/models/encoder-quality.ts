import type { Scores } from '@streamforge/contracts'
import { type Dataset, readCrypto } from '@streamforge/evaluate'
import { fitNormaliser, scoreForecasts, splitByShare } from '@streamforge/models'
import { type EncoderName, openTensors, plantMarket, predictGnn, type Tensors, trainGnn } from '@streamforge/models/tensors'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { BenchmarkResult } from '../row.ts'

const encoders: readonly EncoderName[] = ['gru', 'strided']
const seeds = [1, 2, 3]
const titles: Record<EncoderName, string> = { gru: 'GRU', strided: 'strided encoder (default)' }

/** What counts as forecasting as well: seeds alone make figures differ by as much. */
const asWell = 0.97

interface QualityCase {
  name: string
  dataset: (seed: number) => Dataset
  training: { epochs: number; learningRate: number; maximumBarsAnEpoch?: number }
}

/** Whether the default encoder forecasts as well as the GRU: the same network, data, order of batches and budget; means over seeds, on the test part. */
export async function benchEncoderQuality(data: string, say: (line: string) => void): Promise<BenchmarkResult> {
  const tensors = await openTensors()
  const planted: QualityCase = { name: 'planted relation', dataset: plantedDataset, training: { epochs: 15, learningRate: 0.003 } }
  const result = await compareEncoders(tensors, planted, say)
  const candles = join(data, 'klines/binance_spot_5m_2022-08_2022-12')
  if (!(await access(candles).then(() => true, () => false))) {
    return [...result, { benchmark: 'forecasts on real bars', skipped: `there are no recorded candles in ${data}` }]
  }
  const crypto = await readCrypto(candles, { assets: 12, bars: 9_000 })
  return [...result, ...await compareEncoders(tensors, { name: 'crypto, 5m bars', dataset: () => crypto, training: { epochs: 8, learningRate: 0.001, maximumBarsAnEpoch: 1_600 } }, say)]
}

function plantedDataset(seed: number): Dataset {
  const bars = 1_200
  const { panel, relations } = plantMarket({ bars, assets: 10, seed: 100 + seed })
  const split = splitByShare({ bars, window: 8, horizon: 1, train: 0.6, validation: 0.2 })
  return { name: 'planted', panel, relations, split, window: 8, blockBars: 10, description: '' }
}

async function compareEncoders(tensors: Tensors, { name, dataset, training }: QualityCase, say: (line: string) => void): Promise<BenchmarkResult> {
  const rows: { encoder: EncoderName; ic: number; mse: number }[] = []
  for (const encoder of encoders) {
    const scores: Scores[] = []
    for (const seed of seeds) {
      say(`forecasts, ${name}: ${encoder}, seed ${seed}`)
      scores.push(await testScores(tensors, dataset(seed), encoder, seed, training))
    }
    const mean = (metric: 'ic' | 'mse') => scores.reduce((sum, score) => sum + (score[metric]?.value ?? 0), 0) / scores.length
    rows.push({ encoder, ic: mean('ic'), mse: mean('mse') })
  }
  const gru = rows[0]!
  return rows.map(({ encoder, ic, mse }) => ({
    benchmark: `forecasts, ${name}`, subject: `information coefficient, ${titles[encoder]}`, value: Math.round(ic * 10_000) / 10_000, unit: '',
    details: { mse, mse_beside_gru: mse / gru.mse },
    ...(encoder !== 'gru' && { ratio: ic / gru.ic, baseline: "the GRU's", target: `>= ${asWell} x`, met: ic / gru.ic >= asWell }),
  }))
}

async function testScores(tensors: Tensors, dataset: Dataset, encoder: EncoderName, seed: number, training: QualityCase['training']) {
  const { panel, relations, split, window } = dataset
  const architecture = { encoder, window, features: panel.featureNames.length, hidden: 32, relationKinds: relations.kinds }
  const { model } = await trainGnn({
    tensors, panel, relations, split, architecture, seed, normaliser: fitNormaliser(panel, split.train), training: { patience: 5, batchBars: 16, rankingWeight: 1, ...training },
  })
  const { from, to } = split.test
  const assets = panel.symbols.length
  const forecast = await predictGnn(tensors, model, panel, relations, Array.from({ length: to - from }, (_, i) => from + i))
  const judged = { forecast, truth: panel.returns.slice(from * assets, to * assets), assets, horizonBars: panel.horizonBars }
  return scoreForecasts(judged, { costBps: 0, bootstrap: { blockBars: dataset.blockBars, resamples: 50, seed } })
}
