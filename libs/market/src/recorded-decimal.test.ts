import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDecimal } from './recorded-decimal.ts'

const read = (text: string) => {
  const bytes = Buffer.from(`,${text},`)
  return readDecimal(bytes, 1, bytes.length - 1)
}

describe('readDecimal', () => {
  it('reads what Number reads', () => {
    const written = fc.oneof(
      fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(String),
      fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.bigInt({ min: 0n, max: 10n ** 12n })).map(([a, b]) => `${a}.${b}`),
      fc.integer({ min: 0, max: 2 ** 31 }).map((n) => `000${n}.${'0'.repeat(n % 9)}`),
    )
    fc.assert(fc.property(written, (text) => Object.is(read(text), Number(text))), { numRuns: 5_000, seed: 7 })
  })

  it('reads short numbers by digits and all others as Number does', () => {
    for (const text of ['0', '1', '0.5', '.5', '5.', '23296.36', '3.1950000000000004e-05', '1E3', '0.00031099999999999997', '123456789012345678']) {
      expect(read(text), text).toBe(Number(text))
    }
  })

  it('refuses what is not a number', () => {
    for (const text of ['', '.', 'nan', '-1', '1.2.3', '0x10', ' 1', '1 ', 'Infinity', '1e', '1,2']) expect(read(text), text).toBeNaN()
  })
})
