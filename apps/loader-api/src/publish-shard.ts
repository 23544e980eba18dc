import { Candle, StreamForgeError, StreamMarker, Trade, Gap, type Assignment, type MarketRecord } from '@streamforge/contracts'
import type { Bus, OutgoingMessage } from '@streamforge/bus'

const headers = { 'content-type': 'application/json', schema: 'data' } as const

export interface ShardPublisher {
  /** Resolves when all are durable on the topic. */
  records(records: readonly MarketRecord[], gaps: readonly Gap[]): Promise<void>
  /** The end-of-stream marker, in every partition of the topic. */
  endOfStream(totals: { records: number; firstTradeId?: number; lastTradeId?: number }): Promise<void>
}

export interface ShardPublisherOptions {
  bus: Pick<Bus, 'publish'>
  assignment: Assignment
  shard: number
  shards: number
  partitions: number
}

/** Writes one shard's messages: all records into one partition, so that their order on the topic is theirs. */
export function shardPublisher({ bus, assignment, shard, shards, partitions }: ShardPublisherOptions): ShardPublisher {
  const { kafka_topic: topic, symbol, queue_id, attempt } = assignment
  const partition = shard % partitions
  const message = (value: unknown, to: number): OutgoingMessage => ({ key: symbol, value: JSON.stringify(value), headers, partition: to })
  return {
    async records(records, gaps) {
      checkEnds(records)
      const messages = records.map((record) => message(record, partition))
      for (const gap of gaps) messages.push(message(checked(Gap.safeParse(gap)), partition))
      if (messages.length > 0) await bus.publish(topic, messages)
    },
    async endOfStream({ records, firstTradeId, lastTradeId }) {
      const markers = Array.from({ length: partitions }, (_, to) => message(checked(StreamMarker.safeParse({
        kind: 'end_of_stream', queue_id, attempt, shard, shards, partition: to, records: to === partition ? records : 0,
        first_trade_id: firstTradeId, last_trade_id: lastTradeId,
      })), to))
      await bus.publish(topic, markers)
    },
  }
}

/**
 * Validates a page's first and last record against the contract. The venue's file has checked every number of every record as it
 * read it, and all other fields are the same for the whole page; the schema on every record would cost a fifth of the loader's speed.
 */
function checkEnds(records: readonly MarketRecord[]): void {
  for (const record of [records[0], records.at(-1)]) {
    if (record) checked<MarketRecord>(record.kind === 'candle' ? Candle.safeParse(record) : Trade.safeParse(record))
  }
}

function checked<T>(parsed: { success: true; data: T } | { success: false; error: Error }): T {
  if (parsed.success) return parsed.data
  throw new StreamForgeError('BAD_MESSAGE', `a record does not fit its contract: ${parsed.error.message}`, { cause: parsed.error })
}
