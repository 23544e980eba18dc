import { catalog, type DeadLetter, StreamForgeError } from '@streamforge/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Bus } from './bus.ts'
import { channels, type SkippedDiagnostic } from './channels.ts'
import { committedOf, expectCode, newTopic, unique, until } from './contract/contract-tools.ts'
import { consumeMessages } from './consume-messages.ts'
import { listDeadLetters, redriveDeadLetters } from './dead-letters.ts'
import { temporaryBus } from './embedded/testing/temporary-bus.ts'
import { ensureTopics } from './ensure-topics.ts'
import { publishMessages, tailMessages, type TypedBatch } from './typed-messages.ts'

const entry = catalog.data
const queue = 'wf-btcusdt-api_trades-20240801-a1b2c3'
const marker = (records: number) =>
  ({ kind: 'end_of_stream' as const, queue_id: queue, attempt: 1, shard: 0, shards: 1, partition: 0, records })
type Message = ReturnType<typeof marker>

let opened: Awaited<ReturnType<typeof temporaryBus>>
let bus: Bus
let topic: string
let group: string

beforeAll(async () => {
  opened = await temporaryBus()
  bus = opened.bus
})
afterAll(() => opened.close())
beforeEach(async () => {
  topic = await newTopic(bus)
  group = unique('group')
})

/** Consumes the topic to its end with the handler, then closes. */
async function consumeToEnd(handler: (batch: TypedBatch<Message>) => Promise<void>): Promise<void> {
  const options = { group, topics: [topic], from: 'earliest' as const, service: 'test', retryDelay: { initialMs: 1, maxMs: 5 } }
  const consumer = await consumeMessages(bus, entry, options, (batch) => handler(batch as TypedBatch<Message>))
  await until('the group is at the end', async () => (await bus.admin.lag(group, topic)).every((p) => p.lag === 0n))
  await consumer.close()
}

const lettersOfTopic = () => listDeadLetters(bus, { sourceTopic: topic })
const recordsOf = (batch: TypedBatch<Message>) => batch.messages.map(({ value }) => value.records)

describe('publishMessages', () => {
  it('sends JSON with the key and headers of the catalog', async () => {
    await publishMessages(bus, entry, [marker(1)], { topic })
    const [message] = await bus.admin.peek(topic, { partition: 0, limit: 1 })
    expect(JSON.parse(message!.value.toString())).toEqual(marker(1))
    expect(message!.key!.toString()).toBe(queue)
    expect(message!.headers).toEqual({ 'content-type': 'application/json', schema: 'data' })
  })

  it('sends nothing when one message does not fit', async () => {
    await expectCode(publishMessages(bus, entry, [marker(1), { ...marker(2), attempt: 0 }], { topic }), 'BAD_MESSAGE')
    expect((await bus.admin.describeTopic(topic)).partitions[0]!.latest).toBe(0n)
  })

  it('fills in what the schema gives by default', async () => {
    await ensureTopics(bus)
    await publishMessages(bus, catalog['queue-events'], [{
      queue_id: queue, producer: 'loader-producer__a1b2c3', symbol: 'BTCUSDT', type: 'api_trades', status: 'started', message: 'on',
      records_written: 0, finished: false, timestamp: 1,
    }])
    const pages = await Promise.all([0, 1, 2, 3].map((partition) => bus.admin.peek('queue-events', { partition, limit: 10 })))
    expect(pages.flat().map((m) => JSON.parse(m.value.toString()) as object)).toEqual([expect.objectContaining({ attempt: 1 })])
  })

  it('wants the topic named where the catalog has a pattern', async () => {
    await expectCode(publishMessages(bus, entry, [marker(1)]), 'BAD_CONFIG')
  })
})

describe('consumeMessages', () => {
  it('hands over what fits and dead-letters the rest in its own bytes', async () => {
    const key = Buffer.from([0xff, 1])
    const sound = JSON.stringify(marker(1))
    const damagedText = Buffer.concat([Buffer.from(sound.slice(0, 30)), Buffer.from([0xc3]), Buffer.from(sound.slice(31))])
    await bus.publish(topic, [
      { key: 'k', value: sound }, { key, value: '{"kind":' }, { key: 'k', value: '{"kind":"nothing"}' }, { value: damagedText },
      { value: JSON.stringify(marker(2)) },
    ])
    const batches: { records: number[]; deadLettered: number }[] = []
    await consumeToEnd(async (batch) => {
      batches.push({ records: recordsOf(batch), deadLettered: batch.deadLettered })
    })
    expect(batches).toEqual([{ records: [1, 2], deadLettered: 3 }])
    const letters = await lettersOfTopic()
    expect(letters.map((l) => [l.source_offset, l.code, l.encoding, l.group, l.service]))
      .toEqual([['1', 'BAD_MESSAGE', 'base64', group, 'test'], ['2', 'BAD_MESSAGE', 'utf8', group, 'test'], ['3', 'BAD_MESSAGE', 'base64', group, 'test']])
    expect(Buffer.from(letters[0]!.key!, 'base64')).toEqual(key)
    expect(Buffer.from(letters[0]!.value, 'base64').toString()).toBe('{"kind":')
    expect(Buffer.from(letters[2]!.value, 'base64')).toEqual(damagedText)
    expect(letters[1]!.reason).toContain('kind')
  })

  it('gives the key, the text and the place of each message', async () => {
    await publishMessages(bus, entry, [marker(4)], { topic, headers: { extra: 'x' } })
    const seen: TypedBatch<Message>[] = []
    await consumeToEnd(async (batch) => {
      seen.push(batch)
    })
    expect(seen[0]).toMatchObject({ topic, partition: 0, highWatermark: 1n })
    expect(seen[0]!.messages[0]).toMatchObject({
      key: queue, offset: 0n, text: JSON.stringify(marker(4)), headers: { schema: 'data', extra: 'x' }, value: marker(4),
    })
  })

  it('repeats a batch for as long as the failure is one that passes', async () => {
    await publishMessages(bus, entry, [marker(1), marker(2)], { topic })
    let tries = 0
    await consumeToEnd(async () => {
      if (++tries <= 3 * entry.attempts) throw new StreamForgeError('STORE_UNAVAILABLE', 'away')
    })
    expect(tries).toBe(3 * entry.attempts + 1)
    expect(await lettersOfTopic()).toEqual([])
  })

  it('does not dead-letter a bad message again with every repetition of its batch', async () => {
    await bus.publish(topic, [{ value: 'bad' }, { value: JSON.stringify(marker(1)) }])
    let tries = 0
    const before = (await bus.admin.describeTopic('dead-letters')).partitions[0]!.latest
    await consumeToEnd(async () => {
      if (++tries <= 4) throw new StreamForgeError('STORE_UNAVAILABLE', 'away')
    })
    expect((await bus.admin.describeTopic('dead-letters')).partitions[0]!.latest).toBe(before + 1n)
  })

  it('throws nothing away for a defect of the handler, which meets every message', async () => {
    await publishMessages(bus, entry, [1, 2, 3].map(marker), { topic })
    let calls = 0
    let handled: number[] = []
    await consumeToEnd(async (batch) => {
      if (++calls <= 4 * entry.attempts) throw new TypeError('a defect')
      handled = [...handled, ...recordsOf(batch)]
    })
    expect(handled).toEqual([1, 2, 3])
    expect(await lettersOfTopic()).toEqual([])
  })

  it('isolates the message that the handler cannot take', async () => {
    await publishMessages(bus, entry, [1, 2, 3].map(marker), { topic })
    const handled: number[] = []
    let whole = 0
    await consumeToEnd(async (batch) => {
      if (batch.messages.length > 1) whole++
      if (recordsOf(batch).includes(2)) throw new Error('cannot take 2')
      handled.push(...recordsOf(batch))
    })
    expect(whole).toBe(entry.attempts)
    expect(handled).toEqual([1, 3])
    expect(await lettersOfTopic()).toMatchObject([{ source_offset: '1', code: 'HANDLER_FAILED', reason: 'cannot take 2' }])
  })

  it('loses nothing when the store goes away while it isolates', async () => {
    await publishMessages(bus, entry, [1, 2, 3].map(marker), { topic })
    const handled = new Set<number>()
    let away = 3
    await consumeToEnd(async (batch) => {
      if (recordsOf(batch).includes(2)) throw new StreamForgeError('STORE_REJECTED', 'cannot take 2')
      if (recordsOf(batch).includes(3) && away-- > 0) throw new StreamForgeError('STORE_UNAVAILABLE', 'away')
      for (const records of recordsOf(batch)) handled.add(records)
    })
    expect([...handled].sort()).toEqual([1, 3])
    expect(await lettersOfTopic()).toMatchObject([{ source_offset: '1', code: 'STORE_REJECTED' }])
  })

  it('commits only after the dead letters are on their topic', async () => {
    await bus.publish(topic, [{ value: 'bad' }])
    const failing: Bus = {
      ...bus,
      publish: (name, messages) => (name === 'dead-letters'
        ? Promise.reject(new StreamForgeError('BUS_UNAVAILABLE', 'away'))
        : bus.publish(name, messages)),
    }
    let failures = 0
    const count = () => failures++
    channels.retry.subscribe(count)
    const options = { group, topics: [topic], from: 'earliest' as const, service: 'test', retryDelay: { initialMs: 1, maxMs: 5 } }
    const consumer = await consumeMessages(failing, entry, options, async () => {})
    await until('it has tried several times', () => failures >= 3)
    await consumer.close()
    channels.retry.unsubscribe(count)
    expect(await committedOf(bus, group, topic) ?? 0n).toBe(0n)
  })
})

describe('dead letters', () => {
  const mend = (letter: DeadLetter, records: number): DeadLetter => ({ ...letter, value: JSON.stringify(marker(records)), encoding: 'utf8' })

  it('go back to their topic and partition, mended or as they were, and are then off the list', async () => {
    await bus.publish(topic, [{ value: 'bad one' }, { value: JSON.stringify(marker(1)) }, { value: 'bad two' }])
    const handled: number[] = []
    const handle = async (batch: TypedBatch<Message>) => {
      handled.push(...recordsOf(batch))
    }
    await consumeToEnd(handle)
    const [one, two] = await lettersOfTopic()
    await redriveDeadLetters(bus, [mend(one!, 7)])
    expect(await lettersOfTopic()).toEqual([two])
    await redriveDeadLetters(bus, [two!])
    expect(await lettersOfTopic()).toEqual([])
    await consumeToEnd(handle)
    expect(handled).toEqual([1, 7])
    // Sent as it was, the second is refused again, under its new offset.
    expect(await lettersOfTopic()).toMatchObject([{ source_offset: '4', value: 'bad two' }])
  })

  it('keep binary bytes through list and redrive', async () => {
    const [key, value] = [Buffer.from([0, 0xfe, 0xff]), Buffer.from([0xc0, 0x80])]
    await bus.publish(topic, [{ key, value }])
    await consumeToEnd(async () => {})
    await redriveDeadLetters(bus, await lettersOfTopic())
    const [, redriven] = await bus.admin.peek(topic, { partition: 0, limit: 10 })
    expect(Buffer.from(redriven!.key!)).toEqual(key)
    expect(Buffer.from(redriven!.value)).toEqual(value)
    expect(redriven!.headers['redriven-from']).toBe('0/0')
  })

  it('are listed oldest first, up to a limit', async () => {
    await bus.publish(topic, Array.from({ length: 1200 }, (_, i) => ({ value: `bad ${i}` })))
    await consumeToEnd(async () => {})
    expect((await listDeadLetters(bus, { sourceTopic: topic, limit: 2 })).map((l) => l.value)).toEqual(['bad 0', 'bad 1'])
    const all = await lettersOfTopic()
    expect(all).toHaveLength(1200)
    await redriveDeadLetters(bus, all)
    expect(await lettersOfTopic()).toEqual([])
    expect((await bus.admin.describeTopic(topic)).partitions[0]!.latest).toBe(2400n)
  })

  it('need no topic made beforehand', async () => {
    const fresh = await temporaryBus()
    await fresh.bus.admin.createTopic({ name: topic, partitions: 1 })
    expect(await listDeadLetters(fresh.bus)).toEqual([])
    await fresh.bus.publish(topic, [{ value: 'bad' }])
    const options = { group, topics: [topic], from: 'earliest' as const, service: 'test' }
    const consumer = await consumeMessages(fresh.bus, entry, options, async () => {})
    await until('the letter is there', async () => (await listDeadLetters(fresh.bus)).length === 1)
    await consumer.close()
    await fresh.close()
  })
})

describe('tailMessages', () => {
  it('passes over what does not fit, and tells of it', async () => {
    const skipped: SkippedDiagnostic[] = []
    const note = (message: unknown) => skipped.push(message as SkippedDiagnostic)
    channels.skipped.subscribe(note)
    await bus.publish(topic, [{ value: 'bad' }, { value: JSON.stringify(marker(5)) }])
    const records: number[] = []
    const tail = await tailMessages(bus, entry, { topics: [topic], from: 'earliest' }, async (batch) => {
      records.push(...recordsOf(batch as TypedBatch<Message>))
    })
    await until('the sound one has come', () => records.length === 1)
    await tail.close()
    channels.skipped.unsubscribe(note)
    expect(records).toEqual([5])
    expect(skipped).toMatchObject([{ topic, partition: 0, offset: '0' }])
    expect((await listDeadLetters(bus, { sourceTopic: topic }))).toEqual([])
  })
})
