const firstCapacity = 64 * 1024
/** A buffer that a burst has made larger than this is let go after it. */
const mostKept = 1024 * 1024
const longestHeader = 10

/**
 * Text frames of the WebSocket protocol (RFC 6455, a server's: unmasked, not compressed), one behind the other in one piece of memory: a
 * venue that tells thousands of small frames at once spends most of its time on writing each alone.
 */
export class FrameBatch {
  #buffer = Buffer.allocUnsafe(firstCapacity)
  #length = 0

  get bytes(): number {
    return this.#length
  }

  add(text: string): void {
    const size = Buffer.byteLength(text)
    this.#makeRoom(size + longestHeader)
    this.#writeHeader(size)
    this.#length += this.#buffer.write(text, this.#length)
  }

  /** All frames since the last time. */
  take(): Buffer {
    const frames = Buffer.from(this.#buffer.subarray(0, this.#length))
    this.#length = 0
    if (this.#buffer.length > mostKept) this.#buffer = Buffer.allocUnsafe(firstCapacity)
    return frames
  }

  #writeHeader(size: number): void {
    const buffer = this.#buffer
    buffer[this.#length++] = 0x81
    if (size < 126) buffer[this.#length++] = size
    else if (size < 65_536) {
      buffer[this.#length++] = 126
      this.#length = buffer.writeUInt16BE(size, this.#length)
    } else {
      buffer[this.#length++] = 127
      this.#length = buffer.writeBigUInt64BE(BigInt(size), this.#length)
    }
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
