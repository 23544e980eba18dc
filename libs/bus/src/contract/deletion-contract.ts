import { channel } from 'node:diagnostics_channel'
import { expect, it } from 'vitest'
import type { Bus } from '../bus.ts'
import { committedOf, expectCode, gate, newTopic, numbered, recorder, type Subject, textOf, unique, until } from './contract-tools.ts'

export function deletionContract(subject: Subject): void {
  it('deletes what lies before an offset, and no more', async () => {
    const { bus, another } = subject()
    const topic = await newTopic(bus, 2)
    for (let i = 0; i < 5; i++) await bus.publish(topic, [...numbered(2, 0, `a${i}-`), ...numbered(2, 1, `b${i}-`)])
    const earliest = async () => (await bus.admin.describeTopic(topic)).partitions.map((p) => p.earliest)
    expect(await bus.admin.deleteRecords(topic, { partition: 1, before: 4n })).toBe(4n)
    expect(await earliest()).toEqual([0n, 4n])
    expect((await (await another()).admin.peek(topic, { partition: 1, limit: 100 })).map(textOf)).toEqual(['b2-0', 'b2-1', 'b3-0', 'b3-1', 'b4-0', 'b4-1'])
    // A batch may stay whole for one message of it.
    const first = await bus.admin.deleteRecords(topic, { partition: 0, before: 3n })
    expect(first).toBeGreaterThanOrEqual(2n)
    expect(first).toBeLessThanOrEqual(3n)
    expect(await bus.admin.deleteRecords(topic, { partition: 1, before: 1n })).toBe(4n)
    await expectCode(bus.admin.deleteRecords(topic, { partition: 0, before: 11n }), 'OFFSET_OUT_OF_RANGE')
    await expectCode(bus.admin.deleteRecords(unique('nowhere'), { partition: 0, before: 0n }), 'TOPIC_NOT_FOUND')
  })

  it('deletes everything, and goes on counting', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    await bus.publish(topic, numbered(7))
    expect(await bus.admin.deleteRecords(topic, { partition: 0, before: 7n })).toBe(7n)
    expect(await bus.admin.peek(topic, { partition: 0, limit: 10 })).toEqual([])
    expect(await bus.publish(topic, numbered(1))).toEqual([{ partition: 0, offset: 7n }])
    expect((await bus.admin.describeTopic(topic)).partitions).toEqual([{ partition: 0, earliest: 7n, latest: 8n }])
  })

  it('deletes what is old enough', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const publish = (timestamp: number) => bus.publish(topic, numbered(2).map((m) => ({ ...m, timestamp })))
    const now = Date.now()
    for (const age of [50_000, 40_000, 30_000, 20_000]) await publish(now - age)
    expect(await bus.admin.deleteRecords(topic, { partition: 0, before: 6n, olderThan: now - 35_000 })).toBe(4n)
    expect(await bus.admin.deleteRecords(topic, { partition: 0, before: 6n, olderThan: now - 10_000 })).toBe(6n)
    expect(await bus.admin.deleteRecords(topic, { partition: 0, before: 8n, olderThan: now - 10_000 })).toBe(8n)
  })

  it('leaves a group that is behind it with what it has to have', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.publish(topic, numbered(4))
    const seen = recorder()
    const consumer = await bus.consume({ group, topics: [topic], from: 'earliest' }, seen.handler)
    await seen.received(4)
    await until('the offsets are committed', async () => await committedOf(bus, group, topic) === 4n)
    await bus.admin.deleteRecords(topic, { partition: 0, before: 4n })
    await bus.publish(topic, numbered(2, 0, 'next'))
    await seen.received(6)
    await consumer.close()
    expect(seen.texts().slice(4)).toEqual(['next0', 'next1'])
    expect((await bus.admin.lag(group, topic))[0]).toMatchObject({ committed: 6n, lag: 0n })
  })

  it('ends a group whose messages are gone with the offsets, and delivers nothing in their place', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.publish(topic, numbered(6))
    await bus.admin.seek(group, topic, { partition: 0, offset: 2n })
    await bus.admin.deleteRecords(topic, { partition: 0, before: 6n })
    await bus.publish(topic, numbered(2, 0, 'left'))
    const seen = recorder()
    const consumer = await bus.consume({ group, topics: [topic], from: 'earliest' }, seen.handler)
    await expectCode(consumer.done, 'OFFSET_OUT_OF_RANGE')
    await expect(consumer.done).rejects.toMatchObject({ message: expect.stringMatching(/offsets 2 to 5 /) as string, details: { topic, group, offset: '2', earliest: '6' } })
    await consumer.close()
    expect(seen.texts()).toEqual([])
    expect(await committedOf(bus, group, topic)).toBe(2n)
    await bus.admin.seek(group, topic, 'earliest')
    const again = await bus.consume({ group, topics: [topic], from: 'earliest' }, seen.handler)
    await seen.received(2)
    await again.close()
    expect(seen.texts()).toEqual(['left0', 'left1'])
  })

  it('tells when a tail, or a group of a topic with retention, is behind what is left, and goes on there', async () => {
    const { bus } = subject()
    const kept = await newTopic(bus)
    const short = unique('short')
    await bus.admin.createTopic({ name: short, partitions: 1, retentionMs: 3_600_000 })
    const group = unique('group')
    for (const topic of [kept, short]) await bus.publish(topic, numbered(1, 0, 'first'))
    await bus.admin.seek(group, short, { partition: 0, offset: 0n })
    const hold = gate()
    const followed = recorder(() => hold.opened)
    const tail = await bus.tail({ topics: [kept], from: 'latest' }, followed.handler)
    await bus.publish(kept, numbered(1, 0, 'held'))
    const skipped: { topic: string; offset: string }[] = []
    const listen = (message: unknown) => void skipped.push(message as { topic: string; offset: string })
    const toldOf = channel('streamforge:bus:skipped')
    toldOf.subscribe(listen)
    await bus.admin.deleteRecords(short, { partition: 0, before: 1n })
    await bus.publish(short, numbered(1, 0, 'left'))
    const seen = recorder()
    const consumer = await bus.consume({ group, topics: [short], from: 'latest' }, seen.handler)
    await seen.received(1)
    await consumer.close()
    hold.open()
    await followed.received(1)
    await tail.close()
    toldOf.unsubscribe(listen)
    expect(seen.texts()).toEqual(['left0'])
    expect(skipped.find((s) => s.topic === short)).toMatchObject({ offset: '0' })
  })

  it('names the groups of a topic', async () => {
    const { bus, another } = subject()
    const [topic, other] = [await newTopic(bus), await newTopic(bus)]
    const [one, two, three] = [unique('g1'), unique('g2'), unique('g3')]
    await bus.publish(topic, numbered(1))
    await bus.admin.seek(two, topic, 'latest')
    await bus.admin.seek(three, other, 'latest')
    const consumer = await consumeOne(await another(), one, topic)
    expect(await bus.admin.groupsOf(topic)).toEqual([one, two])
    await consumer.close()
    expect(await bus.admin.groupsOf(topic)).toEqual([one, two])
    await bus.admin.deleteGroup(one)
    expect(await bus.admin.groupsOf(topic)).toEqual([two])
    await expectCode(bus.admin.groupsOf(unique('nowhere')), 'TOPIC_NOT_FOUND')
  })
}

async function consumeOne(bus: Bus, group: string, topic: string) {
  const seen = recorder()
  const consumer = await bus.consume({ group, topics: [topic], from: 'earliest' }, seen.handler)
  await seen.received(1)
  await until('the offset is committed', async () => await committedOf(bus, group, topic) === 1n)
  return consumer
}
