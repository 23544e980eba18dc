const DIGIT_ZERO = 48
const TEN_MILLION = 10_000_000

/**
 * Writes ASCII into one growing buffer, with numbers formatted by hand: an answer of a thousand candles is seven thousand
 * numbers, and turning each into a string first would cost more than all the rest of the request.
 */
export class ByteWriter {
  #bytes: Buffer
  #length = 0

  constructor(capacity = 256 * 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** A copy of what was written since the last call. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#length))
    this.#length = 0
    return taken
  }

  text(ascii: string): this {
    this.#reserve(ascii.length)
    if (ascii.length > 24) this.#length += this.#bytes.write(ascii, this.#length, 'latin1')
    else for (let i = 0; i < ascii.length; i++) this.#bytes[this.#length++] = ascii.charCodeAt(i)
    return this
  }

  /** A non-negative integer below 2^53. */
  integer(value: number): this {
    this.#reserve(20)
    this.#digits(value)
    return this
  }

  /** A number of at least 0 with exactly eight decimals, as Binance writes prices and quantities. */
  decimal8(value: number): this {
    this.#reserve(40)
    if (value >= 9e15) return this.text(value.toFixed(8))
    let whole = Math.floor(value)
    let rest = Math.round((value - whole) * 1e8)
    if (rest === 1e8) {
      rest = 0
      whole++
    }
    this.#digits(whole)
    this.#bytes[this.#length++] = 46
    this.#fixed(rest, 8)
    return this
  }

  #digits(value: number): void {
    if (value < TEN_MILLION) {
      this.#small(value)
      return
    }
    const high = Math.floor(value / TEN_MILLION)
    this.#digits(high)
    this.#fixed(value - high * TEN_MILLION, 7)
  }

  #small(value: number): void {
    let width = 1
    for (let bound = 10; bound <= value; bound *= 10) width++
    this.#fixed(value, width)
  }

  #fixed(value: number, width: number): void {
    let rest = value | 0
    for (let at = this.#length + width - 1; at >= this.#length; at--) {
      const tenth = (rest / 10) | 0
      this.#bytes[at] = DIGIT_ZERO + rest - tenth * 10
      rest = tenth
    }
    this.#length += width
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + more))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
