import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from './byte-writer.ts'

describe('ByteWriter', () => {
  const writer = new ByteWriter(16)

  it('writes eight decimals that read back as the number, as toFixed does', () => {
    const price = fc.tuple(fc.integer({ min: 0, max: 90_000_000 }), fc.integer({ min: 0, max: 99_999_999 })).map(([a, b]) => Number(`${a}.${String(b).padStart(8, '0')}`))
    fc.assert(fc.property(price, (value) => {
      const text = writer.decimal8(value).take().toString()
      return text === value.toFixed(8) && Number(text) === value
    }), { numRuns: 5_000, seed: 3 })
  })

  it('rounds what has more decimals, and carries', () => {
    const write = (value: number) => writer.decimal8(value).take().toString()
    expect([write(0.999999999), write(0), write(1e-9), write(3.1950000000000004e-05), write(405130899.5), write(1e16)])
      .toEqual(['1.00000000', '0.00000000', '0.00000000', '0.00003195', '405130899.50000000', '10000000000000000.00000000'])
  })

  it('writes integers of any size, and grows', () => {
    fc.assert(fc.property(fc.array(fc.maxSafeNat()), (values) => {
      for (const value of values) writer.integer(value).text(',')
      return writer.take().toString() === values.map((value) => `${value},`).join('')
    }), { seed: 5 })
  })
})
