import { expect, it } from 'vitest'
import { expectCode, newTopic, numbered, type Subject, textOf } from './contract-tools.ts'

/** Of four partitions, as Kafka's own Java client places them (murmur2 of the key's UTF-8 bytes). */
const placements: [key: string, partition: number][] = [
  ['21', 0], ['foobar', 2], ['a-little-bit-long-string', 0], ['a-little-bit-longer-string', 3],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', 1], ['abc', 3],
]

export function publishContract(subject: Subject): void {
  it('answers with consecutive offsets in the order of the messages', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus, 2)
    const metadata = await bus.publish(topic, [
      { value: 'a', partition: 1 }, { value: 'b', partition: 0 }, { value: 'c', partition: 1 }, { value: 'd', partition: 1 },
    ])
    expect(metadata).toEqual([
      { partition: 1, offset: 0n }, { partition: 0, offset: 0n }, { partition: 1, offset: 1n }, { partition: 1, offset: 2n },
    ])
    expect(await bus.publish(topic, [{ value: 'e', partition: 1 }])).toEqual([{ partition: 1, offset: 3n }])
    expect((await bus.admin.describeTopic(topic)).partitions.map((p) => p.latest)).toEqual([1n, 4n])
  })

  it('places keys as every Kafka client does', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus, 4)
    const metadata = await bus.publish(topic, placements.map(([key]) => ({ key, value: 'v' })))
    expect(metadata.map((m) => m.partition)).toEqual(placements.map(([, partition]) => partition))
    const asBytes = await bus.publish(topic, placements.map(([key]) => ({ key: Buffer.from(key), value: 'v' })))
    expect(asBytes.map((m) => m.partition)).toEqual(placements.map(([, partition]) => partition))
  })

  it('lets partitions take turns when there is no key', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus, 3)
    const metadata = await bus.publish(topic, Array.from({ length: 9 }, () => ({ value: 'v' })))
    expect(metadata.filter((m) => m.partition === 1)).toHaveLength(3)
    expect(new Set(metadata.map((m) => m.partition))).toEqual(new Set([0, 1, 2]))
  })

  it('gives back keys, values, headers and timestamps as they were', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    await bus.publish(topic, [
      { key: 'schlüssel', value: 'wert €😀', headers: { 'content-type': 'text/plain', note: 'ü' }, timestamp: 1_600_000_000_000 },
      { key: null, value: bytes, timestamp: 1_600_000_000_001 },
      { key: bytes, value: '', headers: {}, timestamp: 1_600_000_000_002, partition: 0 },
      { value: 'last', headers: { 'content-type': 'text/plain', note: 'ü' }, timestamp: 1_600_000_000_003 },
    ])
    const messages = await bus.admin.peek(topic, { partition: 0, limit: 10 })
    expect(messages.map((m) => m.key && Buffer.from(m.key))).toEqual([Buffer.from('schlüssel'), null, Buffer.from(bytes), null])
    expect(messages.map((m) => Buffer.from(m.value)))
      .toEqual([Buffer.from('wert €😀'), Buffer.from(bytes), Buffer.alloc(0), Buffer.from('last')])
    const headers = { 'content-type': 'text/plain', note: 'ü' }
    expect(messages.map((m) => ({ ...m.headers }))).toEqual([headers, {}, {}, headers])
    expect(messages.map((m) => m.timestamp)).toEqual([0, 1, 2, 3].map((i) => 1_600_000_000_000 + i))
  })

  it('stamps messages without a timestamp', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const before = Date.now()
    await bus.publish(topic, [{ value: 'v' }])
    const [message] = await bus.admin.peek(topic, { partition: 0, limit: 1 })
    expect(message!.timestamp).toBeGreaterThanOrEqual(before)
    expect(message!.timestamp).toBeLessThanOrEqual(Date.now())
  })

  it('keeps the order of calls that do not wait for each other', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    await Promise.all(Array.from({ length: 50 }, (_, i) => bus.publish(topic, [{ value: String(i), partition: 0 }])))
    const values = (await bus.admin.peek(topic, { partition: 0, limit: 100 })).map(textOf)
    expect(values).toEqual(Array.from({ length: 50 }, (_, i) => String(i)))
  })

  it('takes thousands of messages in a call', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    const metadata = await bus.publish(topic, numbered(7000))
    expect(metadata.at(-1)).toEqual({ partition: 0, offset: 6999n })
  })

  it('takes large messages and refuses larger ones than 10 MiB', async () => {
    const { bus } = subject()
    const topic = await newTopic(bus)
    await expectCode(bus.publish(topic, [{ value: 'small' }, { value: Buffer.alloc(10 * 1024 * 1024 + 1) }]), 'MESSAGE_TOO_LARGE')
    expect((await bus.admin.describeTopic(topic)).partitions[0]!.latest).toBe(0n)
    const large = Buffer.alloc(3 * 1024 * 1024, 'x')
    await bus.publish(topic, [{ value: large }])
    expect((await bus.admin.peek(topic, { partition: 0, limit: 1 }))[0]!.value.equals(large)).toBe(true)
  })

  it('has nothing to do for no messages', async () => {
    const { bus } = subject()
    expect(await bus.publish(await newTopic(bus), [])).toEqual([])
  })

  it('refuses everything once closed', async () => {
    const { bus, another } = subject()
    const topic = await newTopic(bus)
    const other = await another()
    await other.close()
    await other.close()
    await expectCode(other.publish(topic, numbered(1)), 'BUS_CLOSED')
    await expectCode(other.consume({ group: 'g', topics: [topic], from: 'earliest' }, async () => {}), 'BUS_CLOSED')
    await expectCode(other.tail({ topics: [topic], from: 'earliest' }, async () => {}), 'BUS_CLOSED')
    await expectCode(other.admin.listTopics(), 'BUS_CLOSED')
  })
}
