import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OutgoingMessage } from '../bus.ts'
import { encodeFrame, FrameReader } from './frame.ts'
import { planFrames } from './plan-frames.ts'

// Well-formed text only: a lone surrogate has no UTF-8.
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const data = fc.oneof(text, fc.uint8Array({ maxLength: 40 }))
const headers = fc.dictionary(text.filter((name) => name !== '__proto__'), text, { maxKeys: 3 })
const message: fc.Arbitrary<OutgoingMessage> = fc.record({
  key: fc.option(data), value: data, headers, timestamp: fc.integer({ min: 0, max: 4_000_000_000_000 }),
}, { requiredKeys: ['value'] })

const bytesOf = (d: string | Uint8Array) => Buffer.from(typeof d === 'string' ? Buffer.from(d, 'utf8') : d)

const expected = (m: OutgoingMessage, now: number) => ({
  key: m.key == null ? null : bytesOf(m.key), value: bytesOf(m.value), headers: { ...m.headers }, timestamp: m.timestamp ?? now,
})

const plain = ({ key, value, headers: h, timestamp }: ReturnType<FrameReader['next']>) => ({
  key: key && Buffer.from(key), value: Buffer.from(value), headers: { ...h }, timestamp,
})

describe('a frame', () => {
  it('gives back every message, from any position', () => {
    fc.assert(fc.property(fc.array(message, { minLength: 1, maxLength: 20 }), fc.nat(), fc.nat({ max: 2 ** 41 }), (messages, at, now) => {
      const frame = encodeFrame(messages, now)
      const skip = at % messages.length
      const reader = new FrameReader(frame.bytes)
      reader.skip(skip)
      const read = messages.slice(skip).map(() => plain(reader.next()))
      expect(read).toEqual(messages.slice(skip).map((m) => expected(m, now)))
      expect(frame.count).toBe(messages.length)
      expect(frame.newest).toBe(Math.max(...messages.map((m) => m.timestamp ?? now)))
    }), { seed: 7, numRuns: 300 })
  })

  it('holds equal headers once', () => {
    const withHeaders = (n: number) =>
      encodeFrame(Array.from({ length: n }, () => ({ value: 'v', headers: { 'a-long-header-name': 'a value of some length' } })), 0).bytes.length
    expect(withHeaders(11) - withHeaders(1)).toBe(10 * (18 + 1))
  })

  it('of another version is refused', () => {
    const { bytes } = encodeFrame([{ value: 'v' }], 0)
    bytes[0] = 9
    expect(() => new FrameReader(bytes)).toThrow('version 9')
  })
})

describe('planFrames', () => {
  it('keeps the order within each partition, whatever the mixture', () => {
    const outgoing = fc.record({ value: text, partition: fc.nat({ max: 3 }) })
    fc.assert(fc.property(fc.array(outgoing, { maxLength: 50 }), (messages) => {
      const plan = planFrames('t', messages, 4, 0, () => 0)
      const readers = plan.frames.map(({ frame }) => new FrameReader(frame.bytes))
      const read = plan.frames.map(({ frame }, f) => Array.from({ length: frame.count }, () => readers[f]!.next().value.toString()))
      messages.forEach((m, i) => {
        expect(plan.frames[plan.frameOf[i]!]!.partition).toBe(m.partition)
        expect(read[plan.frameOf[i]!]![plan.indexOf[i]!]).toBe(m.value)
      })
      for (const partition of [0, 1, 2, 3]) {
        const inFrames = plan.frames.flatMap((f, i) => (f.partition === partition ? read[i]! : []))
        expect(inFrames).toEqual(messages.filter((m) => m.partition === partition).map((m) => m.value))
      }
    }), { seed: 11, numRuns: 200 })
  })

  it('cuts long and large batches into several frames', () => {
    const sizes = (messages: OutgoingMessage[]) => planFrames('t', messages, 1, 0, () => 0).frames.map((f) => f.frame.count)
    expect(sizes(Array.from({ length: 2500 }, () => ({ value: 'v' })))).toEqual([1000, 1000, 500])
    expect(sizes(Array.from({ length: 4 }, () => ({ value: 'v'.repeat(600_000) })))).toEqual([1, 1, 1, 1])
  })

  it('refuses a partition that is not there', () => {
    expect(() => planFrames('t', [{ value: 'v', partition: 4 }], 4, 0, () => 0)).toThrow("no partition 4")
  })

  it('counts bytes, not characters, against the limit', () => {
    const limit = 10 * 1024 * 1024
    expect(() => planFrames('t', [{ value: 'ü'.repeat(limit / 2 + 1) }], 1, 0, () => 0)).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
    expect(planFrames('t', [{ value: 'u'.repeat(limit) }], 1, 0, () => 0).frames[0]!.frame.count).toBe(1)
  })
})
