import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Candle, featureSets, GraphParameters, intervalLengths } from '@streamforge/contracts'
import { FeatureReducer } from '@streamforge/market'
import {
  type AssetRelations, buildPanel, buildRelations, createAssetSeries, type Panel, type PanelRow, slicePanel, splitByShare, type TimeSplit, toAssetRelations,
} from '@streamforge/models'
import type { Dataset } from './dataset.ts'
import { readRows } from './read-lines.ts'

const interval = '5m'
const length = intervalLengths[interval]
const day = 86_400_000 / length
const window = 32
/** Bars before those wanted, for the features that look furthest back. */
const warmUp = 200
const featureNames = featureSets.bars_v1

/**
 * 5m candles of Binance as features `bars_v1`; what needs trades, books or news is not known here. The next bar's return is forecast. Relations are measured
 * in the training part.
 * @param folder shared/data/klines/binance_spot_5m_2022-08_2022-12. `bars` takes the newest so many
 */
export async function readCrypto(folder: string, options: { assets?: number; bars?: number; horizonBars?: number } = {}): Promise<Dataset> {
  const { assets = 20, bars = Infinity, horizonBars = 1 } = options
  const files = (await readdir(folder)).filter((name) => name.endsWith('-5m.csv.gz')).toSorted().slice(0, assets)
  const symbols = files.map((name) => name.slice(0, name.indexOf('-')))
  const rows = (await Promise.all(files.map((name, n) => readFeatures(join(folder, name), symbols[n]!, bars + warmUp)))).flat()
  const whole = buildPanel({ symbols, featureNames, horizonBars }, rows)
  const panel = slicePanel(whole, Math.max(0, whole.openTimes.length - bars), whole.openTimes.length)
  const split = splitByShare({ bars: panel.openTimes.length, window, horizon: horizonBars, train: 0.7, validation: 0.15 })
  const date = (t: number) => new Date(panel.openTimes[t]!).toISOString().slice(0, 10)
  return {
    name: 'crypto', panel, split, window, blockBars: day, relations: await measuredRelations(panel, split),
    description: `Binance spot, ${symbols.length} assets, 5m bars, next ${horizonBars === 1 ? 'bar' : `${horizonBars} bars`}; test ${date(split.test.from)} to ${date(split.test.to - 1)}, ${split.test.to - split.test.from} bars`,
  }
}

async function readFeatures(file: string, symbol: string, newest: number): Promise<PanelRow[]> {
  const reducer = new FeatureReducer({ venue: 'binance', symbol, interval, range: { from: 0, to: Infinity }, trades: false, quotes: false, articles: false })
  const rows: PanelRow[] = []
  for (const [time, open, high, low, close, volume] of (await readRows(file, { header: true })).slice(-newest)) {
    const open_time = Number(time)
    const candle: Candle = {
      kind: 'candle', venue: 'binance', symbol, interval, open_time, open: Number(open), high: Number(high), low: Number(low), close: Number(close), volume: Number(volume),
      event_time: open_time + length, known_time: open_time + length, backfilled: true,
    }
    for (const row of reducer.step(candle)) rows.push({ symbol, openTime: row.open_time, knownTime: row.known_time, close: row.close, values: row.values })
  }
  return rows
}

async function measuredRelations(panel: Panel, { train }: TimeSplit): Promise<AssetRelations> {
  const parameters = GraphParameters.parse({ kinds: ['correlation', 'lead_lag', 'volume_volatility'] })
  const series = createAssetSeries(panel.symbols, train.to - train.from, parameters.maximum_lag_bars)
  const column = { returns: featureNames.indexOf('return_1'), volatility: featureNames.indexOf('volatility_12'), volume: featureNames.indexOf('volume_zscore_48') }
  for (const [kind, feature] of Object.entries(column)) {
    panel.symbols.forEach((_, n) => series.set(kind as keyof typeof column, n, featureOf(panel, feature, n, train)))
  }
  const { relations } = await buildRelations({ series, assets: panel.symbols.map((symbol) => ({ symbol })), articles: [], parameters })
  return toAssetRelations(relations, panel.symbols, parameters.kinds)
}

function featureOf(panel: Panel, feature: number, asset: number, { from, to }: { from: number; to: number }): Float32Array {
  const [assets, width] = [panel.symbols.length, featureNames.length]
  return Float32Array.from({ length: to - from }, (_, t) => panel.features[((from + t) * assets + asset) * width + feature]!)
}
