import { describe, expect, it } from 'vitest'
import type { Batch, IncomingMessage } from '../bus.ts'
import { gate, until } from '../contract/contract-tools.ts'
import { Lane } from './lane.ts'

const message = (offset: number): IncomingMessage =>
  ({ topic: 't', partition: 0, offset: BigInt(offset), key: null, value: Buffer.alloc(0), headers: {}, timestamp: 0 })
const messages = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => message(from + i))

function laneOf(handler: (batch: Batch) => Promise<void>, after?: Promise<void>) {
  const handled: bigint[] = []
  const lane = new Lane({
    topic: 't', partition: 0, position: 0n, group: 'g', maxBatch: 3, retryDelay: { initialMs: 1, maxMs: 2 }, random: () => 0.5,
    handler, after, onHandled: (next) => handled.push(next),
  })
  return { lane, handled }
}

describe('Lane', () => {
  it('cuts what was fetched into batches, and wants more while one is in hand', async () => {
    const hold = gate()
    const sizes: number[] = []
    const { lane, handled } = laneOf(async (batch) => {
      sizes.push(batch.messages.length)
      await hold.opened
    })
    let room = 0
    lane.onRoom = () => { room++ }
    lane.append(messages(0, 7), 7n, 9n)
    expect(lane.wantsMore).toBe(false)
    expect(room).toBe(0)
    hold.open()
    await until('all are handled', () => handled.length === 3)
    expect(sizes).toEqual([3, 3, 1])
    expect(handled).toEqual([3n, 6n, 7n])
    expect(room).toBe(2)
    expect(lane.fetchOffset).toBe(7n)
  })

  it('delivers again what was rejected, without skipping', async () => {
    const starts: bigint[] = []
    const { lane, handled } = laneOf(async (batch) => {
      starts.push(batch.messages[0]!.offset)
      if (starts.length < 3) throw new Error('no')
    })
    lane.append(messages(0, 4), 4n, 4n)
    await until('all are handled', () => handled.length === 2)
    expect(starts).toEqual([0n, 0n, 0n, 3n])
  })

  it('halted, ends with the batch in hand and keeps its result', async () => {
    const hold = gate()
    const { lane, handled } = laneOf(() => hold.opened)
    lane.append(messages(0, 6), 6n, 6n)
    const halted = lane.halt()
    hold.open()
    await halted
    expect(handled).toEqual([3n])
  })

  it('halted while a rejected batch waits for its next try, gives it up at once', async () => {
    let tries = 0
    const { lane, handled } = laneOf(async () => {
      tries++
      void lane.halt()
      throw new Error('no')
    })
    lane.append(messages(0, 1), 1n, 1n)
    await lane.halt()
    expect([tries, handled]).toEqual([1, []])
  })

  it('tells the handler when its work is not wanted any more', async () => {
    const { lane } = laneOf((batch) => new Promise((_, reject) => batch.signal.addEventListener('abort', () => reject(new Error('given up')))))
    lane.append(messages(0, 1), 1n, 1n)
    lane.abort()
    await lane.halt()
    expect(lane.wantsMore).toBe(false)
  })

  it('waits for an earlier handler of the same partition', async () => {
    const earlier = gate()
    let delivered = false
    const { lane, handled } = laneOf(async () => { delivered = true }, earlier.opened)
    lane.append(messages(0, 1), 1n, 1n)
    await new Promise(setImmediate)
    expect(delivered).toBe(false)
    earlier.open()
    await until('it is handled', () => handled.length === 1)
  })
})
