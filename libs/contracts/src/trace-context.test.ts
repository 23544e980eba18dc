import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readTraceparent, writeTraceparent } from './trace-context.ts'

const hex = (digits: number) => fc.array(fc.integer({ min: 0, max: 15 }), { minLength: digits, maxLength: digits })
  .map((values) => values.map((value) => value.toString(16)).join('')).filter((text) => /[^0]/.test(text))

it('reads what it wrote', () => {
  fc.assert(fc.property(fc.record({ traceId: hex(32), spanId: hex(16), sampled: fc.boolean() }), (context) => {
    expect(readTraceparent(writeTraceparent(context))).toEqual(context)
  }))
})

it('takes any flags, of which only the last bit means something here', () => {
  expect(readTraceparent('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03')?.sampled).toBe(true)
  expect(readTraceparent('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02')?.sampled).toBe(false)
})

it.each([
  undefined, 7, '', 'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\nx: y',
])('finds nothing in %j', (text) => {
  expect(readTraceparent(text)).toBeUndefined()
})
