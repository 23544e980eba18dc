import { type DataMessage, type Gap, gapKey, type MarketRecord, recordKey, StreamForgeError, type StreamMarker } from '@streamforge/contracts'
import type { Store, StoredDocument, WriteResult } from '@streamforge/store'
import { markerKey } from './stream-completion.ts'

export interface StoredBatch {
  created: number
  /** Records that were in the store already, or twice in the batch. */
  duplicates: number
  markers: StreamMarker[]
}

interface Parts {
  records: StoredDocument[]
  gaps: StoredDocument[]
  markers: StreamMarker[]
}

/**
 * Makes the effect of a batch durable: records and gaps first, markers last, so that a stored marker says that what lies before it
 * is stored too. Doing it twice changes nothing.
 * @throws StreamForgeError STORE_REJECTED when the store refuses a document; STORE_UNAVAILABLE, STORE_CONFLICT
 */
export async function storeBatch(store: Store, collection: string, messages: readonly { value: DataMessage }[]): Promise<StoredBatch> {
  const { records, gaps, markers } = sortMessages(messages)
  const written = await write(store, collection, records)
  await write(store, 'gaps', gaps)
  await write(store, 'stream_markers', markers.map((marker) => ({ _key: markerKey(marker), ...marker })))
  return { created: written.created, duplicates: records.length - written.created, markers }
}

function sortMessages(messages: readonly { value: DataMessage }[]): Parts {
  const parts: Parts = { records: [], gaps: [], markers: [] }
  for (const { value } of messages) {
    if (value.kind === 'end_of_stream') parts.markers.push(value)
    else if (value.kind === 'gap') parts.gaps.push({ _key: gapKey(value satisfies Gap), ...value })
    else parts.records.push({ _key: recordKey(value as MarketRecord), ...value })
  }
  return parts
}

async function write(store: Store, collection: string, documents: readonly StoredDocument[]): Promise<WriteResult> {
  if (documents.length === 0) return { created: 0, updated: 0, unchanged: 0, rejected: [] }
  const result = await store.writeBatch(collection, documents)
  const refused = result.rejected[0]
  if (!refused) return result
  throw new StreamForgeError('STORE_REJECTED', `the store refused document '${refused.key}' of '${collection}': ${refused.reason}`, {
    details: { collection, rejected: result.rejected.length },
  })
}
