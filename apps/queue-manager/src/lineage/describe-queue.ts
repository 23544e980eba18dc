import type { Bus } from '@streamforge/bus'
import {
  bookKeyRange, candleKeyRange, dataTypeOf, MAX_EPOCH_MS, parseDataType, StreamForgeError, tradeKeyRange,
  type LineageDataset, type LineageFeatures, type LineageUse, type StoredQueue,
} from '@streamforge/contracts'

type Topic = LineageDataset['topic']

/** What still lies on a topic, partition by partition. */
export async function topicOffsets(bus: Pick<Bus, 'admin'>, name: string): Promise<Topic> {
  const partitions = await bus.admin.describeTopic(name).then((info) => info.partitions, (error: unknown) => {
    if (error instanceof StreamForgeError && error.code === 'TOPIC_NOT_FOUND') return []
    throw error
  })
  return {
    name,
    partitions: partitions.filter(({ earliest, latest }) => latest > earliest)
      .map(({ partition, earliest, latest }) => ({ partition, first: String(earliest), last: String(latest - 1n) })),
  }
}

/** A dataset of a venue, from its documents back to its source. */
export async function describeDataset(bus: Pick<Bus, 'admin'>, queue: StoredQueue, usedFor: LineageUse[]): Promise<LineageDataset> {
  const { venue, symbol, type, from, to } = queue
  const keys = keyRange(queue)
  return {
    ...await describeQueue(bus, queue, usedFor),
    documents: { collection_name: queue.collection_name, from_key: keys.from, to_key: keys.to },
    source: { venue, symbol, type, from, ...(to !== undefined && { to }) },
  }
}

/** Rows of features that went in, of all symbols within a range of open times. */
export async function describeFeatures(
  bus: Pick<Bus, 'admin'>, queue: StoredQueue, use: LineageUse, rows: { collection_name: string; symbols: string[]; from: number; to?: number },
): Promise<LineageFeatures> {
  return { ...await describeQueue(bus, queue, [use]), documents: rows, ...(queue.result && { result: queue.result }) }
}

async function describeQueue(bus: Pick<Bus, 'admin'>, queue: StoredQueue, usedFor: LineageUse[]) {
  const { queue_id, workflow_id, type, certificate, kafka_topic } = queue
  return {
    used_for: usedFor, queue_id, workflow_id, type, topic: await topicOffsets(bus, kafka_topic),
    ...(certificate && {
      certificate: {
        checksum: certificate.checksum, complete: certificate.complete, rows: certificate.rows_stored, unit: certificate.unit, certified_at: certificate.certified_at,
      },
    }),
  }
}

/** Keys of a queue's records in its collection. */
function keyRange({ symbol, type, from, to, certificate }: StoredQueue): { from: string; to: string } {
  const parsed = parseDataType(dataTypeOf(type))
  switch (parsed.content) {
    case 'candles': return candleKeyRange(symbol, parsed.interval, { from, to: to ?? MAX_EPOCH_MS })
    case 'trades': return tradeKeyRange(symbol, certificate?.first_trade_id, certificate?.last_trade_id)
    case 'orderbook': return bookKeyRange(symbol, 'spot')
    default: return parsed satisfies never
  }
}
