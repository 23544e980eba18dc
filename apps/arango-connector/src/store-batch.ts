import { type DataMessage, type Gap, gapKey, type MarketRecord, recordKey, StreamForgeError, type StreamMarker } from '@streamforge/contracts'
import type { SerialisedDocument, Store, StoredDocument, WriteResult } from '@streamforge/store'
import { markerKey } from './stream-completion.ts'

export interface StoredBatch {
  created: number
  /** Records that were in the store already, or twice in the batch. */
  duplicates: number
  markers: StreamMarker[]
}

/** A validated message, and the text that it came as. */
export interface DataText {
  value: DataMessage
  text: string
}

/** Where records go; `features`: feature rows apart from the others, neither counted nor certified here. */
export interface StoredInto {
  own: string
  features?: string | undefined
}

interface Parts {
  records: SerialisedDocument[]
  features: SerialisedDocument[]
  gaps: StoredDocument[]
  markers: StreamMarker[]
}

/** Live and history bring the same record where they meet; the one that came when it could first be known says when that was. */
const liveCopyStays = { yields: 'backfilled' satisfies keyof MarketRecord } as const

/**
 * Makes the effect of a batch durable: records and gaps first, markers last, so that a stored marker says that what lies before it
 * is stored too. Doing it twice changes nothing.
 * @throws StreamForgeError STORE_REJECTED when the store refuses a document, with `details.everything` when it refuses all of several;
 *   STORE_UNAVAILABLE, STORE_CONFLICT
 */
export async function storeBatch(store: Store, collections: StoredInto, messages: readonly DataText[]): Promise<StoredBatch> {
  const { own: collection, features } = collections
  const { records, features: rows, gaps, markers } = sortMessages(messages, features !== undefined)
  if (features !== undefined && rows.length > 0) await accepted(features, rows.length, store.writeSerialised(features, rows, liveCopyStays))
  const written = records.length > 0 ? await accepted(collection, records.length, store.writeSerialised(collection, records, liveCopyStays)) : { created: 0 }
  if (gaps.length > 0) await accepted('gaps', gaps.length, store.writeBatch('gaps', gaps))
  if (markers.length > 0) {
    const documents = markers.map((marker) => ({ _key: markerKey(marker), ...marker }))
    await accepted('stream_markers', markers.length, store.writeBatch('stream_markers', documents))
  }
  return { created: written.created, duplicates: records.length - written.created, markers }
}

function sortMessages(messages: readonly DataText[], featuresApart: boolean): Parts {
  const parts: Parts = { records: [], features: [], gaps: [], markers: [] }
  for (const { value, text } of messages) {
    if (value.kind === 'end_of_stream') parts.markers.push(value)
    else if (value.kind === 'gap') parts.gaps.push({ _key: gapKey(value satisfies Gap), ...value })
    else if (featuresApart && value.kind === 'feature') parts.features.push({ _key: recordKey(value), json: text.trim() })
    else parts.records.push({ _key: recordKey(value), json: text.trim() })
  }
  return parts
}

/** @throws StreamForgeError STORE_REJECTED when the store has refused one or more */
export async function accepted(collection: string, given: number, write: Promise<WriteResult>): Promise<WriteResult> {
  const result = await write
  const refused = result.rejected[0]
  if (!refused) return result
  // One bad document is its own fault; when all are refused, the collection or this program is wrong.
  const everything = given > 1 && result.rejected.length === given
  throw new StreamForgeError('STORE_REJECTED', `the store refused document '${refused.key}' of '${collection}': ${refused.reason}`, {
    details: { collection, rejected: result.rejected.length, everything },
  })
}
