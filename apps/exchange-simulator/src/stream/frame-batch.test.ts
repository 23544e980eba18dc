import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameBatch } from './frame-batch.ts'

/** Reads frames as RFC 6455 describes them. */
function textsIn(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < bytes.length;) {
    expect(bytes[at]).toBe(0x81)
    const short = bytes[at + 1]!
    const [size, header] = short < 126 ? [short, 2] : short === 126 ? [bytes.readUInt16BE(at + 2), 4] : [Number(bytes.readBigUInt64BE(at + 2)), 10]
    texts.push(bytes.toString('utf8', at + header, at + header + size))
    at += header + size
  }
  return texts
}

describe('a batch of frames', () => {
  it('holds what was added, in order, whatever its size and letters', () => {
    const lengths = fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 200_000)
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), lengths.map((length) => 'x'.repeat(length)))
    fc.assert(fc.property(fc.array(fc.array(text, { maxLength: 20 }), { maxLength: 4 }), (bursts) => {
      const batch = new FrameBatch()
      for (const texts of bursts) {
        for (const each of texts) batch.add(each)
        expect(textsIn(batch.take())).toEqual(texts)
        expect(batch.bytes).toBe(0)
      }
    }), { numRuns: 60 })
  })

  it('that was taken stays as it was', () => {
    const batch = new FrameBatch()
    batch.add('first')
    const taken = batch.take()
    batch.add('other')
    expect(textsIn(taken)).toEqual(['first'])
  })
})
