import type { StreamMarker } from '@streamforge/contracts'

/** What is known of a queue's end: every shard puts one marker into every partition of the data topic, after its last record. */
export interface StreamCompletion {
  readonly shards: number
  readonly partitions: number
  /** The newest marker by shard and partition. */
  readonly markers: ReadonlyMap<string, StreamMarker>
}

export const startCompletion = (shards: number, partitions: number): StreamCompletion => ({ shards, partitions, markers: new Map() })

/** Takes markers in. A marker of an older attempt of the loader does not replace one of a later attempt. */
export function addMarkers(completion: StreamCompletion, seen: Iterable<StreamMarker>): StreamCompletion {
  const markers = new Map(completion.markers)
  for (const marker of seen) {
    const key = slot(marker.shard, marker.partition)
    const known = markers.get(key)
    if (!known || known.attempt <= marker.attempt) markers.set(key, marker)
  }
  return { ...completion, markers }
}

export function missingMarkers({ shards, partitions, markers }: StreamCompletion): { shard: number; partition: number }[] {
  const missing = []
  for (let shard = 0; shard < shards; shard++) {
    for (let partition = 0; partition < partitions; partition++) {
      if (!markers.has(slot(shard, partition))) missing.push({ shard, partition })
    }
  }
  return missing
}

export const isComplete = (completion: StreamCompletion) => missingMarkers(completion).length === 0

/** What the loader says of the whole stream. Ids are absent where no shard has a trade. */
export interface StreamTotals {
  records: number
  firstTradeId: number | undefined
  lastTradeId: number | undefined
}

export function streamTotals({ markers }: StreamCompletion): StreamTotals {
  let records = 0
  let firstTradeId: number | undefined
  let lastTradeId: number | undefined
  for (const marker of markers.values()) {
    records += marker.records
    if (marker.first_trade_id !== undefined) firstTradeId = Math.min(firstTradeId ?? Infinity, marker.first_trade_id)
    if (marker.last_trade_id !== undefined) lastTradeId = Math.max(lastTradeId ?? -Infinity, marker.last_trade_id)
  }
  return { records, firstTradeId, lastTradeId }
}

const slot = (shard: number, partition: number) => `${shard}/${partition}`

/** The key of a marker's document: one for each queue, shard and partition. */
export const markerKey = (marker: Pick<StreamMarker, 'queue_id' | 'shard' | 'partition'>) =>
  `${marker.queue_id}:${marker.shard}:${marker.partition}`

/** All markers of a queue; `;` is the character after `:`. */
export const markerKeyRange = (queueId: string) => ({ from: `${queueId}:`, to: `${queueId};` })
