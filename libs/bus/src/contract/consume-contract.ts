import { expect, it } from 'vitest'
import { once } from 'node:events'
import { committedOf, gate, newTopic, numbered, recorder, type Subject, textOf, unique, until } from './contract-tools.ts'

export function consumeContract(subject: Subject): void {
  it('delivers what was there and what comes, in order, in batches of consecutive messages', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    await bus.publish(topic, numbered(25))
    const seen = recorder()
    const consumer = await bus.consume({ group: unique('group'), topics: [topic], from: 'earliest', maxBatch: 10 }, seen.handler)
    await seen.received(25)
    await bus.publish(topic, numbered(5, 0, 'later'))
    await seen.received(30)
    await consumer.close()
    expect(seen.texts()).toEqual([...Array.from({ length: 25 }, (_, i) => `m${i}`), ...Array.from({ length: 5 }, (_, i) => `later${i}`)])
    expect(seen.messages().map((m) => m.offset)).toEqual(Array.from({ length: 30 }, (_, i) => BigInt(i)))
    for (const batch of seen.batches) {
      expect(batch.messages.length).toBeLessThanOrEqual(10)
      expect(batch).toMatchObject({ topic, partition: 0 })
    }
    expect(seen.batches[0]!.highWatermark).toBe(25n)
  })

  it('starts a new group at the end when asked to', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    await bus.publish(topic, numbered(5, 0, 'old'))
    const seen = recorder()
    const consumer = await bus.consume({ group: unique('group'), topics: [topic], from: 'latest' }, seen.handler)
    await consumer.ready
    await until('the partition is assigned', () => consumer.assignment().length === 1)
    await bus.publish(topic, numbered(3, 0, 'new'))
    await seen.received(3)
    await consumer.close()
    expect(seen.texts()).toEqual(['new0', 'new1', 'new2'])
  })

  it('commits after the handler has resolved, not before', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.publish(topic, numbered(4))
    const hold = gate()
    const seen = recorder()
    const consumer = await bus.consume({ group, topics: [topic], from: 'earliest' }, async (batch) => {
      await seen.handler(batch)
      await hold.opened
    })
    await seen.received(4)
    expect(await committedOf(bus, group, topic) ?? 0n).toBe(0n)
    hold.open()
    await until('the offsets are committed', async () => await committedOf(bus, group, topic) === 4n)
    await consumer.close()
  })

  it('delivers a batch again when its handler rejects', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.publish(topic, numbered(3))
    const starts: bigint[] = []
    const seen = recorder()
    const retryDelay = { initialMs: 5, maxMs: 20 }
    const consumer = await bus.consume({ group, topics: [topic], from: 'earliest', retryDelay }, async (batch) => {
      starts.push(batch.messages[0]!.offset)
      if (starts.length <= 3) throw new Error('not yet')
      await seen.handler(batch)
    })
    await seen.received(3)
    await until('the offsets are committed', async () => await committedOf(bus, group, topic) === 3n)
    await consumer.close()
    expect(starts.slice(0, 4)).toEqual([0n, 0n, 0n, 0n])
    expect(seen.texts()).toEqual(['m0', 'm1', 'm2'])
  })

  it('goes on where the group has committed', async () => {
    const { bus, another } = subject()
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.publish(topic, numbered(5))
    const first = recorder()
    const consumer = await bus.consume({ group, topics: [topic], from: 'earliest' }, first.handler)
    await first.received(5)
    await consumer.close()
    await bus.publish(topic, numbered(2, 0, 'next'))
    const second = recorder()
    // 'latest' is for groups that have committed nothing: this one must get what came while nobody consumed.
    const successor = await (await another()).consume({ group, topics: [topic], from: 'latest' }, second.handler)
    await second.received(2)
    await successor.close()
    expect(second.texts()).toEqual(['next0', 'next1'])
  })

  it('finishes the batch in hand on close, and commits it', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.publish(topic, numbered(3))
    const entered = gate()
    const hold = gate()
    const consumer = await bus.consume({ group, topics: [topic], from: 'earliest' }, async () => {
      entered.open()
      await hold.opened
    })
    await entered.opened
    const closing = consumer.close()
    hold.open()
    await closing
    expect(await committedOf(bus, group, topic)).toBe(3n)
    expect(consumer.assignment()).toEqual([])
  })

  it('aborts the signal on close, and delivers to the next what the handler gave up', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.publish(topic, numbered(3))
    const entered = gate()
    const consumer = await bus.consume({ group, topics: [topic], from: 'earliest' }, async ({ signal }) => {
      entered.open()
      if (!signal.aborted) await once(signal, 'abort')
      throw new Error('given up')
    })
    await entered.opened
    await consumer.close()
    const seen = recorder()
    const successor = await bus.consume({ group, topics: [topic], from: 'earliest' }, seen.handler)
    await seen.received(3)
    await successor.close()
    expect(seen.texts()).toEqual(['m0', 'm1', 'm2'])
  })

  it('handles partitions side by side', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus, 2)
    await bus.publish(topic, [...numbered(1, 0, 'stuck'), ...numbered(1, 1, 'free')])
    const hold = gate()
    const seen = recorder(async (batch) => {
      if (batch.partition === 0) await hold.opened
    })
    const consumer = await bus.consume({ group: unique('group'), topics: [topic], from: 'earliest' }, seen.handler)
    await seen.received(1)
    await bus.publish(topic, numbered(1, 1, 'more'))
    await seen.received(2)
    expect(seen.texts()).toEqual(['free0', 'more0'])
    hold.open()
    await seen.received(3)
    await consumer.close()
  })

  it('delivers the batches of one partition one after another', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    await bus.publish(topic, numbered(50))
    let running = 0
    let most = 0
    const seen = recorder(async () => {
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running--
    })
    const consumer = await bus.consume({ group: unique('group'), topics: [topic], from: 'earliest', maxBatch: 5 }, seen.handler)
    await seen.received(50)
    await consumer.close()
    expect(most).toBe(1)
    expect(seen.texts()).toEqual(Array.from({ length: 50 }, (_, i) => `m${i}`))
  })

  it('consumes several topics, and each group gets everything', async () => {
    const { bus, another } = subject()
    const topics = [await newTopic(bus), await newTopic(bus)]
    const [one, two] = [recorder(), recorder()]
    const consumers = [
      await bus.consume({ group: unique('group'), topics, from: 'earliest' }, one.handler),
      await (await another()).consume({ group: unique('group'), topics, from: 'earliest' }, two.handler),
    ]
    for (const topic of topics) await bus.publish(topic, [{ value: topic }])
    await Promise.all([one.received(2), two.received(2)])
    for (const consumer of consumers) await consumer.close()
    for (const seen of [one, two]) expect(seen.messages().map(textOf).sort()).toEqual([...topics].sort())
  })
}
