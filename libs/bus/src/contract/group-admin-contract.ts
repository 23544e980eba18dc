import { expect, it } from 'vitest'
import type { Bus } from '../bus.ts'
import { committedOf, expectCode, newTopic, numbered, recorder, type Subject, unique, until } from './contract-tools.ts'

export function groupAdminContract(subject: Subject): void {
  it('tells how far a group is behind', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus, 2)
    const group = unique('group')
    await bus.publish(topic, numbered(5, 1))
    expect(await bus.admin.lag(group, topic)).toEqual([
      { topic, partition: 0, committed: undefined, latest: 0n, lag: 0n },
      { topic, partition: 1, committed: undefined, latest: 5n, lag: 5n },
    ])
    await consumeAll(bus, group, topic, 5)
    await bus.publish(topic, numbered(2, 1))
    expect((await bus.admin.lag(group, topic))[1]).toEqual({ topic, partition: 1, committed: 5n, latest: 7n, lag: 2n })
  })

  it('sets offsets to the start, the end, or any offset of a partition', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus, 2)
    const group = unique('group')
    await bus.publish(topic, [...numbered(4, 0, 'a'), ...numbered(4, 1, 'b')])
    const committed = async () => [await committedOf(bus, group, topic, 0), await committedOf(bus, group, topic, 1)]
    await bus.admin.seek(group, topic, 'latest')
    expect(await committed()).toEqual([4n, 4n])
    await bus.admin.seek(group, topic, { partition: 1, offset: 2n })
    expect(await committed()).toEqual([4n, 2n])
    expect(await consumeAll(bus, group, topic, 2)).toEqual(['b2', 'b3'])
    await bus.admin.seek(group, topic, 'earliest')
    expect(await committed()).toEqual([0n, 0n])
    expect((await consumeAll(bus, group, topic, 8)).sort()).toEqual(['a0', 'a1', 'a2', 'a3', 'b0', 'b1', 'b2', 'b3'])
  })

  it('refuses offsets that the partition does not have', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    await bus.publish(topic, numbered(2))
    await expectCode(bus.admin.seek(unique('group'), topic, { partition: 0, offset: 3n }), 'OFFSET_OUT_OF_RANGE')
  })

  it('leaves a group with members alone', async () => {
    const { bus, another } = subject()
    const topic = await newTopic(bus)
    const group = unique('group')
    const consumer = await (await another()).consume({ group, topics: [topic], from: 'earliest' }, async () => {})
    await consumer.ready
    await expectCode(bus.admin.seek(group, topic, 'earliest'), 'CONFLICT')
    await expectCode(bus.admin.deleteGroup(group), 'CONFLICT')
    await consumer.close()
    await bus.admin.seek(group, topic, 'earliest')
  })

  it('lists groups with their members, and deletes them', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.publish(topic, numbered(1))
    const seen = recorder()
    const consumer = await bus.consume({ group, topics: [topic], from: 'earliest' }, seen.handler)
    await seen.received(1)
    expect(await bus.admin.listGroups()).toContainEqual({ group, members: 1 })
    await consumer.close()
    expect(await bus.admin.listGroups()).toContainEqual({ group, members: 0 })
    await bus.admin.deleteGroup(group)
    expect((await bus.admin.listGroups()).map((g) => g.group)).not.toContain(group)
    expect(await committedOf(bus, group, topic)).toBeUndefined()
  })
}

/** Consumes until so many messages have come and the group has committed them all. */
async function consumeAll(bus: Bus, group: string, topic: string, count: number): Promise<string[]> {
  const seen = recorder()
  const consumer = await bus.consume({ group, topics: [topic], from: 'earliest' }, seen.handler)
  await seen.received(count)
  await until('the group is at the end', async () => (await bus.admin.lag(group, topic)).every((p) => p.lag === 0n))
  await consumer.close()
  return seen.texts()
}
