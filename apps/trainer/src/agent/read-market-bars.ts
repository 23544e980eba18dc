import { type BarGrid, barGrid, type Candle, candleKeyRange, type FeatureRow, nextOpenTime, StreamForgeError } from '@streamforge/contracts'
import { readFeaturesAsOf } from '@streamforge/market'
import { emptyMarketBars, type MarketBars } from '@streamforge/models'
import type { Store, StoredDocument } from '@streamforge/store'
import type { AgentStage } from './agent-stage.ts'

/**
 * A symbol's candles with their features, on the grid of the stage's range; bars that are not stored stay missing. A row of features that was known only
 * after the bar in which its order would be filled is left out: nobody could have traded on it.
 * @throws StreamForgeError STAGE_INPUT_MISSING, BAD_TRAINING_DATA
 */
export async function readMarketBars(store: Store, stage: AgentStage, symbol: string, signal: AbortSignal): Promise<MarketBars> {
  const bars = emptyMarketBars(symbol, stage.openTimes, stage.featureNames)
  const grid = barGrid(stage.spec.venue, stage.spec.interval)
  const place = new Map(stage.openTimes.map((time, index) => [time, index]))
  for await (const candle of readCandles(store, stage, symbol, signal)) {
    const index = place.get(candle.open_time)
    if (index !== undefined) placeCandle(bars, index, candle)
  }
  for await (const row of readRows(store, stage, symbol, signal)) {
    const index = place.get(row.open_time)
    if (index !== undefined && isInTime(row, grid)) placeFeatures(bars, index, row, stage)
  }
  return bars
}

async function* readCandles(store: Store, { spec, openTimes }: AgentStage, symbol: string, signal: AbortSignal): AsyncGenerator<Candle> {
  const types = [`api_candles_${spec.interval}`, `ws_candles_${spec.interval}`]
  const collections = new Set(spec.inputs.filter((input) => input.symbol === symbol && types.includes(input.type)).map((input) => input.collection_name))
  if (collections.size === 0) {
    throw new StreamForgeError('STAGE_INPUT_MISSING', `stage ${spec.queue_id} has no candles of ${symbol} among its inputs`, { remedy: `ask for a workflow with api_candles_${spec.interval} of it` })
  }
  const keys = candleKeyRange(symbol, spec.interval, { from: openTimes[0]!, to: openTimes.at(-1)! + 1 })
  for (const collection of collections) {
    for await (const batch of store.scan<Candle & StoredDocument>(collection, keys)) {
      signal.throwIfAborted()
      yield* batch.filter((candle) => candle.kind === 'candle')
    }
  }
}

async function* readRows(store: Store, { spec, features, openTimes }: AgentStage, symbol: string, signal: AbortSignal): AsyncGenerator<FeatureRow> {
  const asOf = spec.to === undefined ? { asOf: spec.created_at } : {}
  const range = { from: openTimes[0]!, to: openTimes.at(-1)! + 1 }
  for await (const batch of readFeaturesAsOf(store, { collection: features.collection_name, symbols: [symbol], interval: spec.interval, ...range, ...asOf })) {
    signal.throwIfAborted()
    yield* batch
  }
}

function isInTime(row: FeatureRow, grid: BarGrid): boolean {
  return row.known_time <= nextOpenTime(grid.next(row.open_time), grid.interval)
}

/** Stored documents are JSON of whoever wrote them: what is no number must not become one. */
function placeCandle(bars: MarketBars, index: number, candle: Candle): void {
  for (const column of ['open', 'high', 'low', 'close', 'volume'] as const) {
    const value: unknown = candle[column]
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new StreamForgeError('BAD_TRAINING_DATA', `the candle of ${bars.symbol} at ${new Date(candle.open_time).toISOString()} has ${column} ${String(value)}; a number is expected`, { remedy: 'load the candles again' })
    }
    bars[column][index] = value
  }
}

function placeFeatures(bars: MarketBars, index: number, row: FeatureRow, { pipeline, featureNames }: AgentStage): void {
  if (row.feature_set !== pipeline.feature_set || row.values.length !== featureNames.length) {
    throw new StreamForgeError('BAD_TRAINING_DATA', `the features of ${row.symbol} at ${new Date(row.open_time).toISOString()} are of set ${row.feature_set}; ${pipeline.feature_set} is expected`, { remedy: 'compute the features again' })
  }
  row.values.forEach((value, f) => { bars.features[index * featureNames.length + f] = value === null ? NaN : Number(value) })
}
