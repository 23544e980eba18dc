import { expect, it } from 'vitest'
import { expectCode, newTopic, numbered, type Subject, textOf, unique } from './contract-tools.ts'

export function topicContract(subject: Subject): void {
  it('creates a topic once and describes it', async () => {
    const { bus } = subject()
    const name = unique('topic')
    expect(await bus.admin.createTopic({ name, partitions: 3, retentionMs: 3_600_000 })).toBe(true)
    expect(await bus.admin.createTopic({ name, partitions: 5 })).toBe(false)
    expect(await bus.admin.describeTopic(name)).toEqual({
      name, retentionMs: 3_600_000,
      partitions: [0, 1, 2].map((partition) => ({ partition, earliest: 0n, latest: 0n })),
    })
  })

  it('keeps messages for ever where no retention is given', async () => {
    const { bus } = subject()
    expect((await bus.admin.describeTopic(await newTopic(bus))).retentionMs).toBeUndefined()
  })

  it('lists topics in order and shows them to other clients', async () => {
    const { bus, another } = subject()
    const [b, a] = [`${unique('b')}`, `${unique('a')}`]
    await bus.admin.createTopic({ name: b, partitions: 1 })
    await bus.admin.createTopic({ name: a, partitions: 1 })
    const names = await (await another()).admin.listTopics()
    expect(names).toEqual([...names].sort())
    expect(names).toEqual(expect.arrayContaining([a, b]))
  })

  it('deletes a topic and its messages', async () => {
    const { bus } = subject()
    const name = await newTopic(bus)
    await bus.publish(name, numbered(3))
    await bus.admin.deleteTopic(name)
    expect(await bus.admin.listTopics()).not.toContain(name)
    await expectCode(bus.publish(name, numbered(1)), 'TOPIC_NOT_FOUND')
    await bus.admin.createTopic({ name, partitions: 2 })
    expect((await bus.admin.describeTopic(name)).partitions.map((p) => p.latest)).toEqual([0n, 0n])
    expect(await bus.publish(name, numbered(1))).toEqual([{ partition: 0, offset: 0n }])
  })

  it('refuses to publish to a topic that another client has deleted', async () => {
    const { bus, another } = subject()
    const name = await newTopic(bus)
    await bus.publish(name, numbered(1))
    await (await another()).admin.deleteTopic(name)
    await expectCode(bus.publish(name, numbered(1)), 'TOPIC_NOT_FOUND')
  })

  it('names a topic that does not exist', async () => {
    const { bus } = subject()
    const name = unique('nowhere')
    await expectCode(bus.publish(name, numbered(1)), 'TOPIC_NOT_FOUND')
    await expectCode(bus.admin.describeTopic(name), 'TOPIC_NOT_FOUND')
    await expectCode(bus.admin.deleteTopic(name), 'TOPIC_NOT_FOUND')
    await expectCode(bus.admin.peek(name, { partition: 0, limit: 1 }), 'TOPIC_NOT_FOUND')
    await expectCode(bus.admin.lag(unique('group'), name), 'TOPIC_NOT_FOUND')
    await expectCode(bus.consume({ group: unique('group'), topics: [name], from: 'earliest' }, async () => {}), 'TOPIC_NOT_FOUND')
    await expectCode(bus.tail({ topics: [name], from: 'earliest' }, async () => {}), 'TOPIC_NOT_FOUND')
  })

  it('peeks at messages from any offset without a group', async () => {
    const { bus } = subject()
    const name = await newTopic(bus, 2)
    await bus.publish(name, numbered(2500, 1))
    const first = await bus.admin.peek(name, { partition: 1, limit: 2 })
    expect(first.map((m) => [m.topic, m.partition, m.offset, textOf(m)])).toEqual([[name, 1, 0n, 'm0'], [name, 1, 1n, 'm1']])
    const middle = await bus.admin.peek(name, { partition: 1, offset: 1234n, limit: 1200 })
    expect(middle.map(textOf)).toEqual(Array.from({ length: 1200 }, (_, i) => `m${1234 + i}`))
    expect((await bus.admin.peek(name, { partition: 1, offset: 2499n, limit: 10 })).map(textOf)).toEqual(['m2499'])
    expect(await bus.admin.peek(name, { partition: 1, offset: 2500n, limit: 10 })).toEqual([])
    expect(await bus.admin.peek(name, { partition: 0, limit: 10 })).toEqual([])
  })
}
