import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isDeeperThan } from './json-depth.ts'

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

it('is the depth that the parsed value has', () => {
  fc.assert(fc.property(fc.json({ maxDepth: 6 }), (text) => {
    const depth = depthOf(JSON.parse(text))
    expect([isDeeperThan(depth, text), depth > 0 && !isDeeperThan(depth - 1, text)]).toEqual([false, false])
  }))
})

it.each([
  ['brackets in strings', '{"a":"[[[[{{{{"}', false], ['quotes in strings', String.raw`{"a":"\"[[[["}`, false], ['a backslash before the end', String.raw`["\\",[[[1]]]]`, true],
  ['a string without an end', '"[[[[[[', false], ['a million brackets', '['.repeat(1_000_000), true],
])('sees %s for what they are', (_what, text, deeper) => expect(isDeeperThan(3, text)).toBe(deeper))
