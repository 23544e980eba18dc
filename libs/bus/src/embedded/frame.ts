import type { OutgoingMessage } from '../bus.ts'

/**
 * A frame holds consecutive messages of one partition, and is what one row of a topic's file stores. All integers are
 * little-endian:
 *
 *     u8   version, 1
 *     u16  number of header sets
 *          each: u32 length, then the headers as a JSON object in UTF-8
 *          messages, one after another:
 *     u32  length of the value
 *     i32  length of the key, -1 when there is none
 *     u16  header set, counted from 1; 0: no headers
 *     f64  timestamp, milliseconds since the epoch
 *          key, value
 *
 * Header sets are shared because the messages of a batch mostly carry the same headers. The number of messages and the first
 * offset are columns of the row.
 */
export const FRAME_VERSION = 1
const PREFIX_BYTES = 18

export interface EncodedFrame {
  bytes: Uint8Array
  count: number
  /** The newest timestamp in the frame: what retention goes by. */
  newest: number
}

/** A message as a frame gives it back; the buffers are views of the frame. */
export interface DecodedMessage {
  key: Buffer | null
  value: Buffer
  headers: Readonly<Record<string, string>>
  timestamp: number
}

const noHeaders: Readonly<Record<string, string>> = Object.freeze({})

/** Writes messages into frames. `now` stands in for timestamps that are not given. */
export function encodeFrame(messages: readonly OutgoingMessage[], now: number): EncodedFrame {
  const sets = collectHeaderSets(messages)
  let estimate = 3 + sets.encoded.reduce((sum, set) => sum + 4 + set.length, 0)
  let largest = 0
  for (const { key, value } of messages) {
    const size = (key?.length ?? 0) + value.length
    estimate += PREFIX_BYTES + size
    if (size > largest) largest = size
  }
  // Text is reserved at its longest before it is written; the slack keeps the last message of plain ASCII from growing the buffer.
  const writer = new FrameWriter(estimate + 2 * largest)
  writer.writeHeaderSets(sets.encoded)
  let newest = -Infinity
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i]!
    const timestamp = message.timestamp ?? now
    if (timestamp > newest) newest = timestamp
    writer.writeMessage(message, sets.indexes === undefined ? 0 : sets.indexes[i]!, timestamp)
  }
  return { bytes: writer.finish(), count: messages.length, newest }
}

function collectHeaderSets(messages: readonly OutgoingMessage[]): { encoded: Buffer[]; indexes: Uint16Array | undefined } {
  const encoded: Buffer[] = []
  let indexes: Uint16Array | undefined
  const known = new Map<string, number>()
  let previous: OutgoingMessage['headers']
  let previousIndex = 0
  for (let i = 0; i < messages.length; i++) {
    const headers = messages[i]!.headers
    if (headers === undefined) continue
    if (headers !== previous) {
      previous = headers
      const text = JSON.stringify(headers)
      previousIndex = text === '{}' ? 0 : known.get(text) ?? known.set(text, known.size + 1).size
      if (previousIndex > encoded.length) encoded.push(Buffer.from(text, 'utf8'))
    }
    if (previousIndex > 0) (indexes ??= new Uint16Array(messages.length))[i] = previousIndex
  }
  return { encoded, indexes }
}

class FrameWriter {
  #buffer: Buffer
  #view: DataView
  #at = 0

  constructor(estimate: number) {
    this.#buffer = Buffer.allocUnsafeSlow(estimate)
    this.#view = viewOf(this.#buffer)
  }

  writeHeaderSets(sets: readonly Buffer[]): void {
    this.#view.setUint8(0, FRAME_VERSION)
    this.#view.setUint16(1, sets.length, true)
    this.#at = 3
    for (const set of sets) {
      this.#view.setUint32(this.#at, set.length, true)
      this.#buffer.set(set, this.#at + 4)
      this.#at += 4 + set.length
    }
  }

  writeMessage(message: OutgoingMessage, headerSet: number, timestamp: number): void {
    const { key, value } = message
    this.#reserve(PREFIX_BYTES + longest(key ?? '') + longest(value))
    const prefix = this.#at
    this.#at += PREFIX_BYTES
    const keyLength = key == null ? -1 : this.#append(key)
    const valueLength = this.#append(value)
    this.#view.setUint32(prefix, valueLength, true)
    this.#view.setInt32(prefix + 4, keyLength, true)
    this.#view.setUint16(prefix + 8, headerSet, true)
    this.#view.setFloat64(prefix + 10, timestamp, true)
  }

  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#at)
  }

  #append(data: string | Uint8Array): number {
    const start = this.#at
    if (typeof data === 'string') this.#at += this.#buffer.write(data, start, 'utf8')
    else {
      this.#buffer.set(data, start)
      this.#at += data.length
    }
    return this.#at - start
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length + (this.#buffer.length >> 2), this.#at + bytes))
    this.#buffer.copy(grown, 0, 0, this.#at)
    this.#buffer = grown
    this.#view = viewOf(grown)
  }
}

/** The most bytes that a text can need: three in UTF-8 for one unit of UTF-16. */
const longest = (data: string | Uint8Array) => (typeof data === 'string' ? data.length * 3 : data.length)

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Reads a frame's messages one after another. */
export class FrameReader {
  readonly #buffer: Buffer
  readonly #view: DataView
  readonly #headerSets: Readonly<Record<string, string>>[] = [noHeaders]
  #at = 3

  /** @throws Error when the frame is of a version that this release does not know */
  constructor(frame: Uint8Array) {
    this.#buffer = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
    this.#view = viewOf(frame)
    const version = this.#view.getUint8(0)
    if (version !== FRAME_VERSION) throw new Error(`frame version ${version} is not ${FRAME_VERSION}`)
    for (let sets = this.#view.getUint16(1, true); sets > 0; sets--) this.#readHeaderSet()
  }

  #readHeaderSet(): void {
    const length = this.#view.getUint32(this.#at, true)
    const text = this.#buffer.toString('utf8', this.#at + 4, this.#at + 4 + length)
    this.#headerSets.push(Object.freeze(JSON.parse(text) as Record<string, string>))
    this.#at += 4 + length
  }

  skip(messages: number): void {
    for (let i = 0; i < messages; i++) {
      const keyLength = this.#view.getInt32(this.#at + 4, true)
      this.#at += PREFIX_BYTES + (keyLength < 0 ? 0 : keyLength) + this.#view.getUint32(this.#at, true)
    }
  }

  /** The next message; the caller knows from the row how many there are. */
  next(): DecodedMessage {
    const at = this.#at
    const valueLength = this.#view.getUint32(at, true)
    const keyLength = this.#view.getInt32(at + 4, true)
    const headers = this.#headerSets[this.#view.getUint16(at + 8, true)]!
    const timestamp = this.#view.getFloat64(at + 10, true)
    const keyStart = at + PREFIX_BYTES
    const valueStart = keyStart + (keyLength < 0 ? 0 : keyLength)
    this.#at = valueStart + valueLength
    return {
      key: keyLength < 0 ? null : this.#buffer.subarray(keyStart, valueStart),
      value: this.#buffer.subarray(valueStart, this.#at),
      headers, timestamp,
    }
  }
}
