import {
  allSymbols, type Candle, candleKeyRange, featureKeyRange, featureSets, type FeatureRow, type Interval, isStageType, parseDataType, parseStageType, type StageInput,
  type StageSpec, StreamForgeError,
} from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import type { GraphWindow } from './graph-windows.ts'

/** What a bar of an asset tells about its relations; NaN where it tells nothing. */
export interface BarFacts {
  openTime: number
  knownTime: number
  /** Log return from the bar before. */
  return: number
  /** Logarithm of the bar's range relative to its price. */
  volatility: number
  /** Volume, relative to what is usual or as a logarithm. */
  volume: number
}

/** Reads the bars of a symbol in time order. */
export type BarSource = (symbol: string, window: GraphWindow) => AsyncIterable<BarFacts>

/** Bars of the features that the stage before has made; without any, of candles of the stage's interval. @throws StreamForgeError STAGE_INPUT_MISSING */
export function openBarSource(store: Store, spec: StageSpec): BarSource {
  const { interval } = spec
  const features = spec.inputs.filter(({ type }) => isStageType(type) && parseStageType(type).stage === 'features')
  if (features.length > 0) return (symbol, window) => featureBars(store, inputsOf(features, symbol), { symbol, interval, window })
  const candles = spec.inputs.filter(({ type }) => isCandlesOf(type, interval))
  if (candles.length > 0) return (symbol, window) => candleBars(store, inputsOf(candles, symbol), { symbol, interval, window })
  throw new StreamForgeError('STAGE_INPUT_MISSING', `queue ${spec.queue_id} has neither features nor candles of ${interval} among its inputs`, {
    remedy: 'ask for candles of that interval in the same workflow', details: { inputs: spec.inputs.map(({ queue_id }) => queue_id) },
  })
}

function isCandlesOf(type: StageInput['type'], interval: Interval): boolean {
  if (isStageType(type)) return false
  const parsed = parseDataType(type)
  return parsed.content === 'candles' && parsed.interval === interval
}

const inputsOf = (inputs: readonly StageInput[], symbol: string) => inputs.filter((input) => input.symbol === symbol || input.symbol === allSymbols)

interface BarQuery {
  symbol: string
  interval: Interval
  window: GraphWindow
}

async function* featureBars(store: Store, inputs: readonly StageInput[], { symbol, interval, window }: BarQuery): AsyncGenerator<BarFacts> {
  for (const collection of collectionsOf(inputs)) {
    for await (const rows of store.scan<FeatureRow & StoredDocument>(collection, featureKeyRange(symbol, interval, window))) {
      for (const row of rows) yield factsOfRow(row)
    }
  }
}

function factsOfRow(row: FeatureRow): BarFacts {
  const names: readonly string[] = featureSets[row.feature_set]
  const value = (name: string) => row.values[names.indexOf(name)] ?? NaN
  return { openTime: row.open_time, knownTime: row.known_time, return: value('return_1'), volatility: logOf(value('range')), volume: value('volume_zscore_48') }
}

/** Live candles and history share a collection; where they do not, a bar that both have comes twice, which changes nothing. */
async function* candleBars(store: Store, inputs: readonly StageInput[], { symbol, interval, window }: BarQuery): AsyncGenerator<BarFacts> {
  for (const collection of collectionsOf(inputs)) {
    let before: Candle | undefined
    for await (const candles of store.scan<Candle & StoredDocument>(collection, candleKeyRange(symbol, interval, window))) {
      for (const candle of candles) {
        const follows = before?.event_time === candle.open_time
        yield {
          openTime: candle.open_time, knownTime: candle.known_time, return: follows ? logOf(candle.close / before!.close) : NaN,
          volatility: logOf((candle.high - candle.low) / candle.close), volume: logOf(candle.volume),
        }
        before = candle
      }
    }
  }
}

const collectionsOf = (inputs: readonly StageInput[]) => new Set(inputs.map((input) => input.collection_name))

/** Of what is not positive: not known. */
const logOf = (value: number) => (value > 0 && value < Infinity ? Math.log(value) : NaN)
