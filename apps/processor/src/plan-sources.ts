import { floorToInterval, isStageType, parseDataType, parseStageType, StreamForgeError, type StageInput, type StageSpec } from '@streamforge/contracts'

export type StreamKind = 'candles' | 'trades' | 'quotes'

/** Where one kind of a symbol's records is. */
export interface StreamSource {
  /** Queues whose records these are: their certificates bound what is to be read. */
  inputs: readonly StageInput[]
  /** Each once: history and live data may share one. */
  collections: readonly string[]
  /** Of live inputs. */
  topics: readonly string[]
}

/** What a symbol's features are made of. */
export interface SymbolSources {
  symbol: string
  /** Of the stage's data topic, where its rows go. */
  partition: number
  candles: StreamSource
  trades: StreamSource | undefined
  quotes: StreamSource | undefined
}

/** Pure. @throws StreamForgeError STAGE_INPUT_MISSING when a symbol has no candles of the bars' interval among the inputs */
export function planSources(spec: StageSpec, partitions: number): SymbolSources[] {
  return spec.symbols.map((symbol, index) => {
    const of = (kind: StreamKind) => sourceOf(spec, symbol, kind)
    const candles = of('candles')
    if (!candles) {
      throw new StreamForgeError('STAGE_INPUT_MISSING', `${symbol} has no candles of ${spec.interval} among the inputs of ${spec.queue_id}`, {
        remedy: `add api_candles_${spec.interval} to the types, or choose features of another interval`, details: { symbol },
      })
    }
    return { symbol, partition: index % partitions, candles, trades: of('trades'), quotes: of('quotes') }
  })
}

/** The stage before that has made features of the same bars: a live stage goes on where it ended. */
export const featuresBefore = (spec: StageSpec): StageInput | undefined =>
  spec.inputs.find(({ type }) => isStageType(type) && parseStageType(type).stage === 'features' && parseStageType(type).interval === spec.interval)

/** Open times of the bars that the stage makes. Where only live data says how long it goes on, history ends with the stage's making. */
export function barRange(spec: StageSpec): { from: number; to: number } {
  return { from: spec.from, to: spec.to ?? (spec.live ? Infinity : floorToInterval(spec.created_at, spec.interval)) }
}

function sourceOf(spec: StageSpec, symbol: string, kind: StreamKind): StreamSource | undefined {
  const inputs = spec.inputs.filter((input) => input.symbol === symbol && input.venue === spec.venue && kindOf(input, spec) === kind)
  if (inputs.length === 0) return undefined
  return {
    inputs, collections: [...new Set(inputs.map((input) => input.collection_name))],
    topics: inputs.filter(isLive).map((input) => input.kafka_topic),
  }
}

export const isLive = ({ type }: StageInput) => !isStageType(type) && parseDataType(type).source === 'ws'

function kindOf({ type }: StageInput, { interval }: StageSpec): StreamKind | undefined {
  if (isStageType(type)) return undefined
  const parsed = parseDataType(type)
  switch (parsed.content) {
    case 'candles': return parsed.interval === interval ? 'candles' : undefined
    case 'trades': return 'trades'
    case 'orderbook': return 'quotes'
    default: return parsed satisfies never
  }
}
