import { StreamForgeError } from '@streamforge/contracts'
import type { OutgoingMessage } from '../bus.ts'
import { partitionForKey } from '../partition-for-key.ts'
import { type EncodedFrame, encodeFrame } from './frame.ts'

/** Key and value of one message together. */
export const MAX_MESSAGE_BYTES = 10 * 1024 * 1024
const MAX_FRAME_MESSAGES = 1000
const MAX_FRAME_UNITS = 1024 * 1024

export interface FramePlan {
  frames: { partition: number; frame: EncodedFrame }[]
  /** For each message of the call, in its order: which frame it is in, and the how-manieth there. */
  frameOf: Int32Array
  indexOf: Int32Array
}

/**
 * Spreads messages over partitions and encodes them, keeping their order within each.
 * @param nextPartition the partition of a message that has neither a partition nor a key
 * @throws StreamForgeError MESSAGE_TOO_LARGE, INVALID_FIELD
 */
export function planFrames(
  topic: string, messages: readonly OutgoingMessage[], partitions: number, now: number, nextPartition: () => number,
): FramePlan {
  const place = partitionChooser(topic, partitions, nextPartition)
  const open = new Map<number, { frame: number; messages: OutgoingMessage[]; size: number }>()
  const groups: { partition: number; messages: OutgoingMessage[] }[] = []
  const frameOf = new Int32Array(messages.length)
  const indexOf = new Int32Array(messages.length)
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i]!
    const size = checkedSize(topic, i, message)
    const partition = place(message)
    let group = open.get(partition)
    if (group === undefined || group.messages.length === MAX_FRAME_MESSAGES || group.size + size > MAX_FRAME_UNITS) {
      group = { frame: groups.length, messages: [], size: 0 }
      open.set(partition, group)
      groups.push({ partition, messages: group.messages })
    }
    frameOf[i] = group.frame
    indexOf[i] = group.messages.push(message) - 1
    group.size += size
  }
  return { frames: groups.map((g) => ({ partition: g.partition, frame: encodeFrame(g.messages, now) })), frameOf, indexOf }
}

function partitionChooser(topic: string, partitions: number, nextPartition: () => number): (message: OutgoingMessage) => number {
  // A batch mostly has one key: hash it once.
  let lastKey: string | undefined
  let lastPartition = 0
  return ({ partition, key }) => {
    if (partition !== undefined) {
      if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return partition
      throw noSuchPartition(topic, partition, partitions)
    }
    if (key == null) return nextPartition() % partitions
    if (partitions === 1) return 0
    if (typeof key !== 'string') return partitionForKey(key, partitions)
    if (key !== lastKey) lastPartition = partitionForKey(lastKey = key, partitions)
    return lastPartition
  }
}

export function noSuchPartition(topic: string, partition: number, partitions: number): StreamForgeError {
  return new StreamForgeError('INVALID_FIELD', `topic '${topic}' has no partition ${partition}: expected 0 to ${partitions - 1}`, {
    details: { topic, partition, partitions },
  })
}

function checkedSize(topic: string, index: number, { key, value }: OutgoingMessage): number {
  const units = value.length + (key?.length ?? 0)
  // Text takes at most three bytes a unit; only near the limit are the bytes counted.
  if (units * 3 <= MAX_MESSAGE_BYTES) return units
  const bytes = byteLength(value) + (key == null ? 0 : byteLength(key))
  if (bytes <= MAX_MESSAGE_BYTES) return bytes
  throw new StreamForgeError('MESSAGE_TOO_LARGE',
    `message ${index} for topic '${topic}' has ${bytes} bytes: expected at most ${MAX_MESSAGE_BYTES}`, {
      remedy: 'Split it, or put the bulk into the object store and send its name', details: { topic, index, bytes },
    })
}

const byteLength = (data: string | Uint8Array) => (typeof data === 'string' ? Buffer.byteLength(data, 'utf8') : data.length)
