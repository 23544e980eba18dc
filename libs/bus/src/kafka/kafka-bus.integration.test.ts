import { kafkaAvailable, kafkaVersion, startKafka, type KafkaServer } from '@streamforge/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bus } from '../bus.ts'
import { busContract } from '../bus-contract.ts'
import { expectCode, gate, newTopic, numbered, recorder, textOf, unique, until } from '../contract/contract-tools.ts'
import { openKafkaBus } from './kafka-bus.ts'

const available = await kafkaAvailable()
const skipped = available.ok ? '' : ` (skipped: ${available.reason})`
const password = 'the-admins-own'

describe.skipIf(!available.ok).each([
  { kind: 'open to all', security: undefined },
  { kind: 'with SCRAM-SHA-512, TLS and an authorizer', security: { adminPassword: password, tls: true } },
])(`Apache Kafka ${kafkaVersion} $kind${skipped}`, ({ security }) => {
  let kafka: KafkaServer
  beforeAll(async () => {
    kafka = await startKafka({ ...(security && { security }) })
  })
  afterAll(() => kafka.stop())

  const connection = () => ({
    brokers: kafka.brokers, clientId: unique('client'),
    ...(security && { tls: { caFile: kafka.caFile! }, sasl: { mechanism: 'scram-sha-512' as const, username: 'admin', password } }),
  })
  const open = () => openKafkaBus({ ...connection(), publishWithinMs: 30_000 })

  busContract('kafka', async () => {
    const bus = await open()
    const others: Bus[] = []
    return {
      bus,
      another: async () => {
        const other = await open()
        others.push(other)
        return other
      },
      close: async () => {
        await Promise.all([bus, ...others].map((b) => b.close()))
      },
    }
  })

  describe('what only Kafka has', () => {
    let bus: Bus
    beforeAll(async () => {
      bus = await open()
    })
    afterAll(() => bus.close())

    it('compresses on request, and reads what is compressed', async () => {
      const packing = await openKafkaBus({ ...connection(), compression: 'gzip' })
      const topic = await newTopic(bus)
      const headers = { note: 'ü' }
      await packing.publish(topic, numbered(500).map((m) => ({ ...m, key: 'k', headers })))
      await packing.close()
      const messages = await bus.admin.peek(topic, { partition: 0, limit: 500 })
      expect(messages.map(textOf)).toEqual(numbered(500).map((m) => m.value))
      expect(messages.at(-1)).toMatchObject({ key: Buffer.from('k'), headers })
    })

    it('ends consumption of a topic that is deleted', async () => {
      const topic = await newTopic(bus)
      const consumer = await bus.consume({ group: unique('group'), topics: [topic], from: 'earliest' }, async () => {})
      const tail = await bus.tail({ topics: [topic], from: 'earliest' }, async () => {})
      await consumer.ready
      await bus.admin.deleteTopic(topic)
      await expectCode(consumer.done, 'TOPIC_NOT_FOUND')
      await expectCode(tail.done, 'TOPIC_NOT_FOUND')
    })

    it('tells a handler that its partition goes to another member, and drops its late result', async () => {
      const topic = await newTopic(bus, 2)
      const options = { group: unique('group'), topics: [topic], from: 'earliest' as const }
      await bus.publish(topic, [...numbered(1, 0, 'p0-'), ...numbered(1, 1, 'p1-')])
      const hold = gate()
      const aborted = new Set<number>()
      let held = true
      const first = await bus.consume(options, async ({ partition, signal }) => {
        if (!held) return
        signal.addEventListener('abort', () => aborted.add(partition))
        await hold.opened
      })
      await first.ready
      const seen = recorder()
      const second = await bus.consume(options, seen.handler)
      await until('both handlers have been told', () => aborted.size === 2)
      await until('the second has a share', () => second.assignment().length === 1)
      held = false
      await seen.received(1)
      hold.open()
      await until('all is committed', async () => (await bus.admin.lag(options.group, topic)).every((l) => l.lag === 0n))
      await first.close()
      await second.close()
      expect(seen.texts()).toEqual([`p${seen.messages()[0]!.partition}-0`])
    })

    it('says that no broker answers', async () => {
      await expectCode(openKafkaBus({ brokers: ['127.0.0.1:1'], clientId: 'nobody', connectWithinMs: 500 }), 'BUS_UNAVAILABLE')
    })
  })

  it('keeps every acknowledged message, once and in order, when the broker is killed in the middle, and goes on', async () => {
    const bus = await open()
    const topic = await newTopic(bus, 3)
    const group = unique('group')
    const acknowledged: string[] = []
    const seen = recorder()
    const consumer = await bus.consume({ group, topics: [topic], from: 'earliest', maxBatch: 50 }, seen.handler)
    const tailed = recorder()
    const tail = await bus.tail({ topics: [topic], from: 'earliest' }, tailed.handler)
    let stop = false
    const publishing = (async () => {
      for (let i = 0; !stop; i++) {
        // Several at once: what a broken connection leaves open must not be mistaken for one another.
        await Promise.all([0, 1, 2].map(async (partition) => {
          const texts = Array.from({ length: 20 }, (_, j) => `${partition}:${i * 20 + j}`)
          await bus.publish(topic, texts.map((value) => ({ value, partition })))
          acknowledged.push(...texts)
        }))
      }
    })()
    for (let kill = 0; kill < 2; kill++) {
      await until('some more are acknowledged', () => acknowledged.length > 600 * (kill + 1), 60_000)
      await kafka.kill()
      await kafka.restart()
    }
    const before = acknowledged.length
    await until('publishing goes on', () => acknowledged.length > before + 300, 60_000)
    stop = true
    await publishing
    const distinct = (texts: string[]) => new Set(texts)
    // A consumer that has given up says why.
    await Promise.race([consumer.done, until('all acknowledged messages are consumed', () => seen.messages().length >= acknowledged.length && distinct(seen.texts()).size >= acknowledged.length, 60_000)])
    await until('all are tailed', () => tailed.messages().length >= acknowledged.length, 60_000)
    await until('all is committed', async () => (await bus.admin.lag(group, topic)).every((l) => l.lag === 0n), 60_000)
    await consumer.close()
    await tail.close()
    for (const partition of [0, 1, 2]) {
      const expected = acknowledged.filter((t) => t.startsWith(`${partition}:`))
      const stored = tailed.messages().filter((m) => m.partition === partition).map(textOf)
      expect(stored).toEqual(expected)
    }
    expect(distinct(seen.texts())).toEqual(new Set(acknowledged))
    await bus.close()
  }, 180_000)
})
