import { StreamForgeError } from '@streamforge/contracts'
import type { OutgoingMessage } from '@streamforge/bus'
import { describe, expect, it } from 'vitest'
import { TopicWriter, type WriterLimits } from './topic-writer.ts'

function setUp(publish: (batch: string[], call: number) => Promise<void> | void, limits: Partial<WriterLimits> = {}, now = () => 0) {
  const batches: string[][] = []
  const marks: number[] = []
  const failures: unknown[] = []
  const retries: unknown[] = []
  const writer = new TopicWriter<number>({
    bus: {
      async publish(_topic, messages: readonly OutgoingMessage[]) {
        const batch = messages.map((m) => String(m.value))
        batches.push(batch)
        await publish(batch, batches.length)
        return messages.map((_, i) => ({ partition: 0, offset: BigInt(i) }))
      },
    },
    topic: 't', key: 'K', partition: 0, limits, now, random: () => 0,
    onWritten: (written) => marks.push(...written), onFailed: (error) => failures.push(error), onRetry: (error) => retries.push(error),
  })
  const add = (from: number, to: number) => { for (let i = from; i < to; i++) writer.add(`m${i}`, i) }
  return { writer, batches, marks, failures, retries, add }
}
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

describe('TopicWriter', () => {
  it('writes in order, one batch at a time, while the next gathers', async () => {
    let underway = 0
    const { writer, batches, marks, add } = setUp(async () => {
      expect(++underway).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      underway--
    }, { batch: 10 })
    add(0, 35)
    expect(batches.length).toBe(1)
    await writer.drain()
    expect(batches.map((b) => b.length)).toEqual([10, 10, 10, 5])
    expect(marks).toEqual(numbers(0, 35))
  })

  it('begins without its timer when the first message has waited for so long', async () => {
    let now = 0
    const { writer, batches, add } = setUp(() => undefined, { flushMs: 5 }, () => now)
    add(0, 3)
    now = 4
    add(3, 4)
    expect(batches).toEqual([])
    now = 5
    add(4, 5)
    expect(batches.map((b) => b.length)).toEqual([5])
    await writer.drain()
  })

  it('tells of a message only when the bus has it', async () => {
    let acknowledge = () => {}
    const { writer, marks, add } = setUp(() => new Promise((resolve) => { acknowledge = resolve }))
    add(0, 3)
    const drained = writer.drain()
    expect(marks).toEqual([])
    acknowledge()
    await drained
    expect(marks).toEqual([0, 1, 2])
  })

  it('is full at its limit and has room again at half of it', async () => {
    let release = () => {}
    const { writer, marks, add } = setUp((_batch, call) => call === 1 ? new Promise((resolve) => { release = resolve }) : undefined, { batch: 10, waiting: 40 })
    add(0, 49)
    expect(writer.waitForRoom()).toBeUndefined()
    add(49, 60)
    const room = writer.waitForRoom()
    expect(room).toBeInstanceOf(Promise)
    release()
    await room
    expect(marks.length).toBeGreaterThanOrEqual(30)
    await writer.drain()
    expect(marks).toEqual(numbers(0, 60))
  })

  it('tries again while the bus is away, with the same batch', async () => {
    const { writer, batches, marks, retries, add } = setUp((_batch, call) => {
      if (call < 3) throw new StreamForgeError('BUS_UNAVAILABLE', 'away')
    })
    add(0, 5)
    await writer.drain()
    expect(batches.map((b) => b.length)).toEqual([5, 5, 5])
    expect(marks).toEqual(numbers(0, 5))
    expect(retries.length).toBe(2)
  })

  it('fails for good when the bus refuses, lets waiters go, and writes nothing after it', async () => {
    const { writer, marks, failures, batches, add } = setUp(() => { throw new StreamForgeError('TOPIC_NOT_FOUND', 'gone') }, { batch: 10, waiting: 20 })
    add(0, 30)
    await writer.waitForRoom()
    await writer.drain()
    add(30, 40)
    await writer.drain()
    expect(failures).toMatchObject([{ code: 'TOPIC_NOT_FOUND' }])
    expect([marks.length, batches.length]).toEqual([0, 1])
  })
})
