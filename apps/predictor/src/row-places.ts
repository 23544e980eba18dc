import type { FeatureRow } from '@streamforge/contracts'

/** Where a feature row stands on its topic. */
export interface RowPlace {
  topic: string
  partition: number
  offset: bigint
}

/** Remembers where rows stand on their topics, until their bars are over. */
export interface RowPlaces {
  /** The first place of a symbol and bar stays. */
  note(row: Pick<FeatureRow, 'symbol' | 'open_time'>, place: RowPlace): void
  of(row: Pick<FeatureRow, 'symbol' | 'open_time'>): RowPlace | undefined
  /** Bars that opened before `openTime` are not asked for any more. */
  forgetBefore(openTime: number): void
}

/** The places of one bar, in columns by symbol. */
interface BarPlaces {
  topics: (string | undefined)[]
  partitions: Int32Array
  offsets: BigInt64Array
}

export function createRowPlaces(symbols: readonly string[]): RowPlaces {
  const indexes = new Map(symbols.map((symbol, n) => [symbol, n]))
  const bars = new Map<number, BarPlaces>()
  return {
    note({ symbol, open_time }, { topic, partition, offset }) {
      const n = indexes.get(symbol)
      if (n === undefined) return
      const bar = bars.get(open_time) ?? { topics: [], partitions: new Int32Array(symbols.length), offsets: new BigInt64Array(symbols.length) }
      bars.set(open_time, bar)
      if (bar.topics[n] !== undefined) return
      bar.topics[n] = topic
      bar.partitions[n] = partition
      bar.offsets[n] = offset
    },
    of({ symbol, open_time }) {
      const bar = bars.get(open_time)
      const n = indexes.get(symbol)
      const topic = n === undefined ? undefined : bar?.topics[n]
      return bar === undefined || n === undefined || topic === undefined ? undefined : { topic, partition: bar.partitions[n]!, offset: bar.offsets[n]! }
    },
    forgetBefore(openTime) {
      for (const open of bars.keys()) if (open < openTime) bars.delete(open)
    },
  }
}
