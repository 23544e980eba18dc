import { StreamForgeError } from '@streamforge/contracts'
import type { OutgoingMessage } from '../bus.ts'
import { partitionForKey } from '../partition-for-key.ts'

/** The largest key and value together that a topic of ours takes, in bytes. */
export const maxMessageBytes = 10 * 1024 * 1024
/** What Kafka's own record and batch headers may add to it; a topic's max.message.bytes must allow for both. */
export const maxBatchBytes = maxMessageBytes + 64 * 1024

/** Below the 1 MiB that a topic made by someone else takes by default. */
const partitionLimit = 900_000
const requestLimit = 4 * 1024 * 1024
const overheadPerMessage = 24

export interface ProducedMessage {
  key: Buffer | null
  value: Buffer
  headers?: Record<string, string>
  /** Milliseconds, as text. */
  timestamp?: string
}

/** Consecutive messages of one publish() that travel in one request. */
export interface Parcel {
  topic: string
  partitions: Map<number, ProducedMessage[]>
  bytes: Map<number, number>
  totalBytes: number
}

export interface Placement {
  parcel: number
  partition: number
  index: number
}

const toBuffer = (bytes: string | Uint8Array) =>
  typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const sizeOf = (message: ProducedMessage) => {
  let bytes = overheadPerMessage + message.value.length + (message.key?.length ?? 0)
  for (const name in message.headers) bytes += name.length + 2 * message.headers[name]!.length + 4
  return bytes
}

function choosePartition(topic: string, message: OutgoingMessage, key: Buffer | null, partitions: number, turn: () => number): number {
  const { partition } = message
  if (partition === undefined) return key ? partitionForKey(key, partitions) : turn() % partitions
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return partition
  throw new StreamForgeError('INVALID_FIELD', `topic '${topic}' has no partition ${partition}; it has ${partitions}`, { details: { topic, partition } })
}

/**
 * Chooses every message's partition, once, so that a retry sends the same batches again, and cuts the messages into parcels that a
 * broker takes. `placements` says where each message went.
 * @throws StreamForgeError MESSAGE_TOO_LARGE, INVALID_FIELD
 */
export function planProduce(
  topic: string, messages: readonly OutgoingMessage[], options: { partitions: number; turn: () => number; now?: (() => number) | undefined },
): { parcels: Parcel[]; placements: Placement[]; bytes: number } {
  const parcels: Parcel[] = []
  const placements: Placement[] = []
  const timed = options.now !== undefined || messages.some((m) => m.timestamp !== undefined)
  const now = timed ? String(options.now?.() ?? Date.now()) : undefined
  let parcel: Parcel | undefined
  for (const message of messages) {
    const key = message.key == null ? null : toBuffer(message.key)
    const produced: ProducedMessage = { key, value: toBuffer(message.value) }
    if (message.headers) produced.headers = message.headers
    if (now !== undefined) produced.timestamp = message.timestamp === undefined ? now : String(message.timestamp)
    refuseTooLarge(topic, produced)
    const partition = choosePartition(topic, message, key, options.partitions, options.turn)
    const size = sizeOf(produced)
    if (!parcel || !fits(parcel, partition, size)) {
      parcel = { topic, partitions: new Map(), bytes: new Map(), totalBytes: 0 }
      parcels.push(parcel)
    }
    placements.push({ parcel: parcels.length - 1, partition, index: put(parcel, partition, produced, size) })
  }
  return { parcels, placements, bytes: parcels.reduce((sum, p) => sum + p.totalBytes, 0) }
}

function refuseTooLarge(topic: string, message: ProducedMessage): void {
  const bytes = message.value.length + (message.key?.length ?? 0)
  if (bytes <= maxMessageBytes) return
  throw new StreamForgeError('MESSAGE_TOO_LARGE', `a message for topic '${topic}' has ${bytes} bytes; ${maxMessageBytes} are allowed`, {
    details: { topic, bytes, limit: maxMessageBytes }, remedy: 'split it, or keep large things in the object store',
  })
}

function fits(parcel: Parcel, partition: number, size: number): boolean {
  return parcel.totalBytes + size <= requestLimit && (parcel.bytes.get(partition) ?? 0) + size <= partitionLimit
}

function put(parcel: Parcel, partition: number, message: ProducedMessage, size: number): number {
  let list = parcel.partitions.get(partition)
  if (!list) parcel.partitions.set(partition, (list = []))
  parcel.bytes.set(partition, (parcel.bytes.get(partition) ?? 0) + size)
  parcel.totalBytes += size
  return list.push(message) - 1
}

/** How many parcels at the head of the queue may share one request. At least one. */
export function countMergeable(queue: readonly Parcel[]): number {
  const bytes = new Map<string, number>()
  let total = 0
  for (const [i, parcel] of queue.entries()) {
    total += parcel.totalBytes
    for (const [partition, size] of parcel.bytes) {
      const id = `${parcel.topic}/${partition}`
      bytes.set(id, (bytes.get(id) ?? 0) + size)
      if (i > 0 && bytes.get(id)! > partitionLimit) return i
    }
    if (i > 0 && total > requestLimit) return i
  }
  return queue.length
}

/** All messages of one request for one partition: a record batch. */
export interface PartitionBatch {
  topic: string
  partition: number
  messages: ProducedMessage[]
  /** Where each parcel's messages begin in it. */
  starts: Map<Parcel, number>
}

/** Joins parcels, in order, into one batch a partition. */
export function toBatches(parcels: readonly Parcel[]): PartitionBatch[] {
  const batches = new Map<string, PartitionBatch>()
  for (const parcel of parcels) {
    for (const [partition, messages] of parcel.partitions) {
      const id = `${parcel.topic}/${partition}`
      const batch = batches.get(id)
      if (batch) {
        batch.starts.set(parcel, batch.messages.length)
        batch.messages = batch.messages.concat(messages)
      } else {
        batches.set(id, { topic: parcel.topic, partition, messages, starts: new Map([[parcel, 0]]) })
      }
    }
  }
  return [...batches.values()]
}
