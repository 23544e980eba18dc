import { StreamForgeError } from '@streamforge/contracts'
import type { OutgoingMessage } from '../bus.ts'
import { partitionForKey } from '../partition-for-key.ts'
import { encodeHeaders, type WireRecord } from './wire/record-batch.ts'

/** Key and value of one message together. */
export const maxMessageBytes = 10 * 1024 * 1024
/** What headers and Kafka's own framing may add to it: a topic's max.message.bytes must allow for both. */
export const maxBatchBytes = maxMessageBytes + 64 * 1024

/** Well below the 1 MiB that a topic made by someone else takes by default; small requests also keep memory low. */
const partitionLimit = 400_000
const requestLimit = 1024 * 1024
const recordOverhead = 24

/** Consecutive messages of one publish() that travel in one request. */
export interface Parcel {
  topic: string
  partitions: Map<number, { records: WireRecord[]; bytes: number }>
  bytes: number
}

export interface Placement {
  parcel: number
  partition: number
  index: number
}

export interface PlanOptions {
  partitions: number
  /** Counts the messages without key and partition. */
  turn: () => number
  /** Milliseconds since the epoch, for messages without a timestamp. */
  now: number
}

/**
 * Chooses every message's partition, once, so that a retry sends the same batches again, and cuts the messages into parcels that a
 * broker takes. `placements` says where each message went.
 * @throws StreamForgeError MESSAGE_TOO_LARGE, INVALID_FIELD
 */
export function planProduce(
  topic: string, messages: readonly OutgoingMessage[], options: PlanOptions,
): { parcels: Parcel[]; placements: Placement[]; bytes: number } {
  const parcels: Parcel[] = []
  const placements: Placement[] = []
  const toRecord = recordMaker(topic, options.now)
  let parcel: Parcel | undefined
  let bytes = 0
  for (const message of messages) {
    const record = toRecord(message)
    const partition = choosePartition(topic, message, record.key, options)
    const size = recordOverhead + (record.key?.length ?? 0) + record.valueBytes + record.headers.length
    if (!parcel || !fits(parcel, partition, size)) parcels.push((parcel = { topic, partitions: new Map(), bytes: 0 }))
    placements.push({ parcel: parcels.length - 1, partition, index: put(parcel, partition, record, size) })
    bytes += size
  }
  return { parcels, placements, bytes }
}

const asBuffer = (bytes: string | Uint8Array) =>
  typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The messages of a call mostly share their key and their headers object: each is encoded once. */
function recordMaker(topic: string, now: number): (message: OutgoingMessage) => WireRecord {
  let lastKey: string | Uint8Array | null = null
  let key: Buffer | null = null
  let lastHeaders: OutgoingMessage['headers']
  let headers = encodeHeaders(undefined)
  return (message) => {
    const nextKey = message.key ?? null
    if (nextKey !== lastKey) key = (lastKey = nextKey) === null ? null : asBuffer(nextKey!)
    if (message.headers !== lastHeaders) headers = encodeHeaders((lastHeaders = message.headers))
    const { value, timestamp = now } = message
    const valueBytes = typeof value === 'string' ? Buffer.byteLength(value) : value.length
    if (valueBytes + (key?.length ?? 0) > maxMessageBytes) throw tooLarge(topic, valueBytes + (key?.length ?? 0))
    return { key, value, valueBytes, headers, timestamp }
  }
}

function choosePartition(topic: string, message: OutgoingMessage, key: Buffer | null, { partitions, turn }: PlanOptions): number {
  const { partition } = message
  if (partition === undefined) return key ? partitionForKey(key, partitions) : turn() % partitions
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return partition
  throw noSuchPartition(topic, partition, partitions)
}

export const noSuchPartition = (topic: string, partition: number, partitions: number) =>
  new StreamForgeError('INVALID_FIELD', `topic '${topic}' has no partition ${partition}: expected 0 to ${partitions - 1}`, {
    details: { topic, partition, partitions },
  })

const tooLarge = (topic: string, bytes: number) =>
  new StreamForgeError('MESSAGE_TOO_LARGE', `a message for topic '${topic}' has ${bytes} bytes: expected at most ${maxMessageBytes}`, {
    details: { topic, bytes, limit: maxMessageBytes }, remedy: 'Split it, or put the bulk into the object store and send its name',
  })

function fits(parcel: Parcel, partition: number, size: number): boolean {
  return parcel.bytes + size <= requestLimit && (parcel.partitions.get(partition)?.bytes ?? 0) + size <= partitionLimit
}

function put(parcel: Parcel, partition: number, record: WireRecord, size: number): number {
  let part = parcel.partitions.get(partition)
  if (!part) parcel.partitions.set(partition, (part = { records: [], bytes: 0 }))
  part.bytes += size
  parcel.bytes += size
  return part.records.push(record) - 1
}

/** How many parcels at the head of the queue may share one request. At least one. */
export function countMergeable(queue: readonly Parcel[]): number {
  const perPartition = new Map<string, number>()
  let total = 0
  for (const [i, parcel] of queue.entries()) {
    total += parcel.bytes
    if (i > 0 && total > requestLimit) return i
    for (const [partition, { bytes }] of parcel.partitions) {
      const id = `${parcel.topic}/${partition}`
      const sum = (perPartition.get(id) ?? 0) + bytes
      if (i > 0 && sum > partitionLimit) return i
      perPartition.set(id, sum)
    }
  }
  return queue.length
}

/** All messages of one request for one partition. */
export interface PartitionBatch {
  topic: string
  partition: number
  records: WireRecord[]
  /** Where each parcel's messages begin in it. */
  starts: Map<Parcel, number>
}

/** Joins parcels, in order, into one batch a partition. */
export function toBatches(parcels: readonly Parcel[]): PartitionBatch[] {
  const batches = new Map<string, PartitionBatch>()
  for (const parcel of parcels) {
    for (const [partition, { records }] of parcel.partitions) {
      const id = `${parcel.topic}/${partition}`
      const batch = batches.get(id)
      if (batch) {
        batch.starts.set(parcel, batch.records.length)
        batch.records = batch.records.concat(records)
      } else {
        batches.set(id, { topic: parcel.topic, partition, records, starts: new Map([[parcel, 0]]) })
      }
    }
  }
  return [...batches.values()]
}
