import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

const shuffled = (value: unknown): unknown => (Array.isArray(value) ? value.map(shuffled)
  : typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).reverse().map(([name, part]) => [name, shuffled(part)])) : value)

it('is one text for one value, and gives the value back', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const plain = JSON.parse(JSON.stringify(value)) as unknown
    expect(canonicalJson(shuffled(plain))).toBe(canonicalJson(plain))
    expect(JSON.parse(canonicalJson(plain))).toEqual(plain)
  }))
})
