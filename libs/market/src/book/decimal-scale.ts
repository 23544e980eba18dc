import { StreamForgeError } from '@streamforge/contracts'

const ZERO = 48
const NINE = 57
const POINT = 46

/** What {@link DecimalScale.parse} returns for a text that has more decimals than the scale; no decimal is negative. */
export const TOO_FINE = -1

/**
 * Turns decimal text into integers, without floating-point error: with 2 decimals, "61837.63000000" is 6183763. Integers are
 * plain numbers, exact up to 2^53. Trailing zeros do not count as decimals: venues write eight whatever the instrument's own step,
 * and counting them would leave room for prices up to 90 million only.
 */
export class DecimalScale {
  /** Decimals that an integer stands for. Grows, never shrinks. */
  decimals = 0
  /** Decimals that texts are written with: the most seen, trailing zeros included, so that they come out as they came in. */
  textDecimals = 0
  private unit = 1

  /**
   * The integer of a decimal text, or {@link TOO_FINE} when the scale must grow first (see {@link decimalsOf}).
   * @throws StreamForgeError BAD_MESSAGE for a text that is no decimal or whose integer exceeds 2^53
   */
  parse(text: string): number {
    const length = text.length
    let value = 0
    let i = 0
    let code = 0
    while (i < length && (code = text.charCodeAt(i)) >= ZERO && code <= NINE) {
      value = value * 10 + (code - ZERO)
      i++
    }
    if (i === 0) throw notDecimal(text)
    if (i === length) return exact(value * this.unit, text)
    if (code !== POINT || i + 1 === length) throw notDecimal(text)
    const fraction = i + 1
    if (length - fraction > this.textDecimals) this.textDecimals = length - fraction
    const end = Math.min(length, fraction + this.decimals)
    for (i = fraction; i < end; i++) {
      value = value * 10 + digit(text, i)
    }
    for (; i < length; i++) {
      if (digit(text, i) !== 0) return TOO_FINE
    }
    const missing = this.decimals - (length - fraction)
    return exact(missing > 0 ? value * 10 ** missing : value, text)
  }

  /** Raises the decimals; integers made before must be multiplied by what this returns. */
  grow(decimals: number): number {
    const factor = 10 ** (decimals - this.decimals)
    this.decimals = decimals
    this.unit = 10 ** decimals
    return factor
  }

  /** The text of an integer, with as many decimals as the texts that came in. */
  format(value: number): string {
    const decimals = this.decimals
    if (decimals === 0) return this.textDecimals === 0 ? String(value) : `${value}.${'0'.repeat(this.textDecimals)}`
    const digits = String(value).padStart(decimals + 1, '0')
    const point = digits.length - decimals
    return `${digits.slice(0, point)}.${digits.slice(point).padEnd(this.textDecimals, '0')}`
  }

  /** The integer as a number: the double nearest to the decimal. */
  toNumber(value: number): number {
    return value / this.unit
  }
}

/** Significant decimals of a decimal text: 2 for "61837.63000000". */
export function decimalsOf(text: string): number {
  const point = text.indexOf('.')
  if (point < 0) return 0
  let end = text.length
  while (text.charCodeAt(end - 1) === ZERO) end--
  return end - point - 1
}

function digit(text: string, i: number): number {
  const value = text.charCodeAt(i) - ZERO
  if (!(value >= 0 && value <= 9)) throw notDecimal(text)
  return value
}

/** A product past 2^53 may have been rounded; refused rather than wrong. */
export function exact(value: number, text: string): number {
  if (value <= Number.MAX_SAFE_INTEGER) return value
  throw new StreamForgeError('BAD_MESSAGE', `'${text}' has more digits than an order book holds (2^53 steps)`, {
    remedy: 'Check the venue: no real instrument quotes prices of more than 15 significant digits', details: { text },
  })
}

const notDecimal = (text: string) => new StreamForgeError('BAD_MESSAGE', `'${text}' is not a decimal number of an order book level`, {
  remedy: "Levels are plain decimals such as '61837.63'", details: { text },
})
