import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalsOf, DecimalScale, TOO_FINE } from './decimal-scale.ts'

const parseGrowing = (scale: DecimalScale, text: string) => {
  const value = scale.parse(text)
  if (value !== TOO_FINE) return value
  scale.grow(decimalsOf(text))
  return scale.parse(text)
}

describe('a decimal scale', () => {
  it('counts significant decimals only, so that eight written ones leave room', () => {
    const scale = new DecimalScale()
    expect(parseGrowing(scale, '61837.63000000')).toBe(6_183_763)
    expect(scale.decimals).toBe(2)
    expect(scale.parse('99999999999.10000000')).toBe(9_999_999_999_910)
    expect(scale.format(6_183_763)).toBe('61837.63000000')
  })

  it('asks to grow when more decimals appear, and tells the factor', () => {
    const scale = new DecimalScale()
    expect(scale.parse('5')).toBe(5)
    expect(scale.parse('5.25')).toBe(TOO_FINE)
    expect(scale.grow(2)).toBe(100)
    expect(scale.parse('5.25')).toBe(525)
    expect(scale.parse('5')).toBe(500)
    expect(scale.parse('5.1')).toBe(510)
  })

  it('writes small and whole numbers as they came', () => {
    const scale = new DecimalScale()
    for (const text of ['0.00001230', '0.00000000', '12.00000000']) expect(scale.format(parseGrowing(scale, text))).toBe(text)
    expect(new DecimalScale().format(1001)).toBe('1001')
  })

  it('reads back what it writes, and orders as decimals do', () => {
    const decimal = fc.tuple(fc.integer({ min: 0, max: 9_999_999 }), fc.integer({ min: 0, max: 99_999_999 }))
      .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(8, '0')}`)
    fc.assert(fc.property(fc.array(decimal, { minLength: 2, maxLength: 20 }), (texts) => {
      const scale = new DecimalScale()
      for (const text of texts) parseGrowing(scale, text)
      for (const text of texts) {
        const value = scale.parse(text)
        expect(scale.format(value)).toBe(text)
        expect(scale.toNumber(value)).toBe(Number(text))
        expect(BigInt(value) * 10n ** BigInt(8 - scale.decimals)).toBe(BigInt(text.replace('.', '')))
      }
    }))
  })

  it.each(['', '.5', '1.', '-1', '+1', '1e5', '1,5', '1.2.3', 'abc', ' 1', '1 ', '0x1', '1.5x'])('refuses %j', (text) => {
    const scale = new DecimalScale()
    scale.grow(2)
    expect(() => scale.parse(text)).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }))
  })

  it('refuses what 2^53 does not hold exactly, rather than round', () => {
    const scale = new DecimalScale()
    expect(scale.parse('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
    expect(() => scale.parse('9007199254740992')).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }))
    scale.grow(8)
    expect(() => scale.parse('90071993')).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }))
  })
})
