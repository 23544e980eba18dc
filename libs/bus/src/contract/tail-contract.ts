import { expect, it } from 'vitest'
import { newTopic, numbered, recorder, type Subject, until } from './contract-tools.ts'

export function tailContract(subject: Subject): void {
  it('shows every message to every caller', async () => {
    const { bus, another } = subject()
    const topic = await newTopic(bus, 2)
    await bus.publish(topic, [...numbered(3, 0, 'a'), ...numbered(3, 1, 'b')])
    const [one, two] = [recorder(), recorder()]
    const tails = [
      await bus.tail({ topics: [topic], from: 'earliest' }, one.handler),
      await (await another()).tail({ topics: [topic], from: 'earliest' }, two.handler),
    ]
    await bus.publish(topic, numbered(1, 0, 'later'))
    await Promise.all([one.received(7), two.received(7)])
    for (const tail of tails) await tail.close()
    for (const seen of [one, two]) expect(seen.texts().sort()).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2', 'later0'])
  })

  it('from the end, misses nothing that is published once it has resolved', async () => {
    const { bus, another } = subject()
    const topic = await newTopic(bus)
    await bus.publish(topic, numbered(5, 0, 'old'))
    const seen = recorder()
    const tail = await (await another()).tail({ topics: [topic], from: 'latest' }, seen.handler)
    await bus.publish(topic, numbered(2, 0, 'new'))
    await seen.received(2)
    await tail.close()
    expect(seen.texts()).toEqual(['new0', 'new1'])
  })

  it('stops on close', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const [closed, open] = [recorder(), recorder()]
    const tail = await bus.tail({ topics: [topic], from: 'earliest' }, closed.handler)
    const other = await bus.tail({ topics: [topic], from: 'earliest' }, open.handler)
    await bus.publish(topic, numbered(1))
    await Promise.all([closed.received(1), open.received(1)])
    await tail.close()
    await bus.publish(topic, numbered(1, 0, 'after'))
    await open.received(2)
    await other.close()
    expect(closed.texts()).toEqual(['m0'])
  })

  it('leaves no group behind', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const groups = async () => (await bus.admin.listGroups()).length
    const before = await groups()
    const tail = await bus.tail({ topics: [topic], from: 'latest' }, async () => {})
    await tail.close()
    await until('no group is left', async () => await groups() <= before)
  })
}
