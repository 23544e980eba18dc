import type { Bus } from '@streamforge/bus'
import { type Candle, recordKey, type StageInput, StreamForgeError } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { readTopic, type TopicCursor } from './read-topic.ts'

/** Closed candles of live queues, as they are needed: from the topic, and what was trimmed from it from the store. */
export interface CandleReader {
  /** `missing`: the venue does not have it, since a later one is there; undefined: it has not come yet. */
  candle(symbol: string, openTime: number): Promise<Candle | 'missing' | undefined>
}

/** Candles of a symbol that are remembered. */
const remembered = 2_000

interface OfSymbol {
  input: StageInput
  cursor: TopicCursor
  candles: Map<number, Candle>
  newest: number
}

export function createCandleReader({ bus, store, inputs, signal }: { bus: Bus; store: Store; inputs: ReadonlyMap<string, StageInput>; signal: AbortSignal }): CandleReader {
  const symbols = new Map([...inputs].map(([symbol, input]): [string, OfSymbol] => [symbol, { input, cursor: new Map(), candles: new Map(), newest: 0 }]))
  return {
    async candle(symbol, openTime) {
      const own = symbols.get(symbol)
      if (!own) return undefined
      if (!own.candles.has(openTime)) await readOn(bus, own, signal)
      const candle = own.candles.get(openTime) ?? await storedCandle(store, own.input, openTime)
      return candle ?? (own.newest > openTime ? 'missing' : undefined)
    },
  }
}

async function readOn(bus: Bus, own: OfSymbol, signal: AbortSignal): Promise<void> {
  await readTopic(bus, own.input.kafka_topic, new Set(['candle'] as const), (message) => {
    if (message.kind !== 'candle' || message.symbol !== own.input.symbol) return
    // Of a candle that came twice the first counts, as in the store.
    if (!own.candles.has(message.open_time)) own.candles.set(message.open_time, message)
    own.newest = Math.max(own.newest, message.open_time)
    if (own.candles.size > remembered) own.candles.delete(own.candles.keys().next().value!)
  }, signal, own.cursor)
}

async function storedCandle(store: Store, input: StageInput, open_time: number): Promise<Candle | undefined> {
  const interval = input.type.slice('ws_candles_'.length) as Candle['interval']
  const key = recordKey({ kind: 'candle', symbol: input.symbol, interval, open_time } as Candle)
  const document = await store.get<Candle & StoredDocument>(input.collection_name, key).catch((error: unknown) => {
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return undefined
    throw error
  })
  return document
}
