import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkMetadata, decodeValue, encodeValue } from './metadata.ts'

it('gives back every text, through a header that is printable ASCII without spaces that could be dropped', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[ %a+é]*$/)), (text) => {
    const header = encodeValue(text)
    expect(header).toMatch(/^[\x21-\x7e]?([\x20-\x7e]*[\x21-\x7e])?$/)
    expect(header).not.toContain('  ')
    expect(decodeValue(header)).toBe(text)
  }), { seed: 4, numRuns: 2000 })
})

it('leaves plain text readable, and what somebody else wrote as it is', () => {
  expect(encodeValue('a b; c="d"')).toBe('a b; c="d"')
  expect(decodeValue('100%')).toBe('100%')
})

it('counts what metadata takes as headers', () => {
  expect(() => checkMetadata({ a: 'x'.repeat(1784) })).not.toThrow()
  expect(() => checkMetadata({ a: 'x'.repeat(1785) })).toThrow('metadata of 1801 bytes')
  expect(() => checkMetadata({ a: 'é'.repeat(298) })).toThrow('metadata of 1804 bytes')
})
