const ZERO = 48
const DOT = 46

/** 10^0 to 10^22 are exact as doubles, so that a division by one rounds once. */
const powers = Array.from({ length: 23 }, (_, k) => 10 ** k)

/**
 * The number written in `bytes[start, end)`, exactly as `Number` reads it; NaN where it is none. Numbers of up to 15 digits,
 * as nearly all market data are, need no string: the digits are exact as an integer, and one division rounds as it should.
 */
export function readDecimal(bytes: Buffer, start: number, end: number): number {
  let digits = 0
  let count = 0
  let dot = -1
  for (let i = start; i < end; i++) {
    const c = bytes[i]!
    if (c === DOT && dot < 0) dot = i
    else if (c >= ZERO && c <= ZERO + 9) {
      if (digits !== 0 || c !== ZERO) count++
      digits = digits * 10 + (c - ZERO)
    } else return slowly(bytes, start, end)
  }
  const decimals = dot < 0 ? 0 : end - dot - 1
  if (count > 15 || decimals > 22 || end - start < 1 + (dot < 0 ? 0 : 1)) return slowly(bytes, start, end)
  return digits / powers[decimals]!
}

function slowly(bytes: Buffer, start: number, end: number): number {
  const text = bytes.toString('latin1', start, end)
  return /^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN
}
