import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readServerSentEvents } from './server-sent-events.ts'

async function read(...chunks: Uint8Array[]) {
  const events = []
  for await (const event of readServerSentEvents((async function* () { yield* chunks })())) events.push(event)
  return events
}
const bytes = (text: string) => new TextEncoder().encode(text)

describe('readServerSentEvents', () => {
  it('joins data lines, keeps event and id, skips comments', async () => {
    expect(await read(bytes(': hello\n\nid: 7\nevent: end\ndata: a\ndata: b\n\n'))).toEqual([{ event: 'end', data: 'a\nb', id: '7' }])
  })

  it('does not care where chunks are cut, even inside a character', async () => {
    const text = 'data: {"price":"12 €"}\n\nevent: end\ndata: x\n\n'
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(bytes(text).length), { maxLength: 5 }), async (cuts) => {
      const whole = bytes(text)
      const at = [0, ...cuts.sort((a, b) => a - b), whole.length]
      const events = await read(...at.slice(1).map((end, i) => whole.slice(at[i], end)))
      expect(events.map((e) => e.data)).toEqual(['{"price":"12 €"}', 'x'])
    }), { seed: 1 })
  })
})
