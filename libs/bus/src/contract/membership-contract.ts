import { expect, it } from 'vitest'
import { gate, newTopic, numbered, recorder, type Subject, textOf, unique, until } from './contract-tools.ts'

export function membershipContract(subject: Subject): void {
  it('shares partitions between members, and gives those of one that leaves to the rest', async () => {
    const { bus, another } = subject()
    const topic = await newTopic(bus, 4)
    const options = { group: unique('group'), topics: [topic], from: 'earliest' as const }
    const first = await bus.consume(options, async () => {})
    await until('the first has all partitions', () => first.assignment().length === 4)
    const second = await (await another()).consume(options, async () => {})
    await until('both have half', () => first.assignment().length === 2 && second.assignment().length === 2)
    const held = [...first.assignment(), ...second.assignment()].map((p) => p.partition).sort()
    expect(held).toEqual([0, 1, 2, 3])
    await first.close()
    await until('the second has all partitions', () => second.assignment().length === 4)
    await second.close()
  })

  it('loses nothing and keeps order while members come and go', async () => {
    const { bus, another } = subject()
    const topic = await newTopic(bus, 4)
    const options = { group: unique('group'), topics: [topic], from: 'earliest' as const, maxBatch: 20 }
    const total = 1200
    const seen = recorder()
    const publishing = publishInPieces(bus, topic, total)
    const first = await bus.consume(options, seen.handler)
    await seen.received(100)
    const second = await (await another()).consume(options, seen.handler)
    await until('the second has a share', () => second.assignment().length > 0)
    await first.close()
    const third = await bus.consume(options, seen.handler)
    await publishing
    const distinct = () => new Set(seen.messages().map(textOf)).size
    await until('all have come', () => distinct() === total)
    await second.close()
    await third.close()
    expect(distinct()).toBe(total)
    for (const lag of await bus.admin.lag(options.group, topic)) expect(lag.lag).toBe(0n)
  })

  it('leaves members without a partition waiting for one', async () => {
    const { bus, another } = subject()
    const topic = await newTopic(bus, 1)
    const options = { group: unique('group'), topics: [topic], from: 'earliest' as const }
    const [one, two] = [recorder(), recorder()]
    const first = await bus.consume(options, one.handler)
    await until('the first has the partition', () => first.assignment().length === 1)
    const second = await (await another()).consume(options, two.handler)
    await second.ready
    await until('one of them has it', () => first.assignment().length + second.assignment().length === 1)
    const [owner, waiting, heir] = first.assignment().length === 1 ? [first, second, two] : [second, first, one]
    await owner.close()
    await until('the other has taken over', () => waiting.assignment().length === 1)
    await bus.publish(topic, [{ value: 'for the heir' }])
    await heir.received(1)
    await waiting.close()
  })

  it('puts others out for one that has the group to itself, whatever they are in the middle of; one that lives comes back', async () => {
    const { bus, another } = subject()
    const topic = await newTopic(bus, 2)
    const options = { group: unique('group'), topics: [topic], from: 'earliest' as const }
    const [seen, blocked] = [recorder(), gate()]
    const before = await bus.consume(options, () => blocked.opened)
    await until('the one before has all', () => before.assignment().length === 2)
    await bus.publish(topic, [...numbered(3), ...numbered(3, 1)])
    const next = await (await another()).consume({ ...options, alone: true }, seen.handler)
    await next.ready
    expect(next.assignment()).toHaveLength(2)
    blocked.open()
    await until('both have a share', () => before.assignment().length === 1 && next.assignment().length === 1)
    await bus.publish(topic, numbered(1, next.assignment()[0]!.partition, 'for the next'))
    await until('who put the other out goes on', () => seen.texts().includes('for the next0'))
    await before.close()
    await next.close()
  })
}

async function publishInPieces(bus: ReturnType<Subject>['bus'], topic: string, total: number): Promise<void> {
  for (let i = 0; i < total; i += 20) {
    await bus.publish(topic, Array.from({ length: 20 }, (_, j) => ({ value: String(i + j), partition: (i / 20) % 4 })))
    await new Promise(setImmediate)
  }
}
