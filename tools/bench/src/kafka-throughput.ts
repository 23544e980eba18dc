import { randomUUID } from 'node:crypto'
import { connectBus, consumeMessages, publishMessages, type Bus } from '@streamforge/bus'
import { catalog, type Candle } from '@streamforge/contracts'
import { kafkaAvailable, startKafka } from '@streamforge/servers'
import { platformaticConsume, platformaticProduce } from './kafka-platformatic.ts'
import { javaConsume, javaProduce } from './kafka-tools.ts'
import type { BenchmarkResult, BenchmarkRow } from './row.ts'

const partitions = 4
const messages = 600_000
const batchSize = 2000
const rounds = 2
/** So that Java's batches are of the size of ours; its own default is 16 KiB. */
const largeBatches = ['batch.size=262144', 'linger.ms=10', 'buffer.memory=67108864']

const candle: Candle = {
  kind: 'candle', venue: 'binance', symbol: 'BTCUSDT', interval: '5m', open_time: 1_722_470_400_000, open: 64_619.8, high: 64_712.25, low: 64_580,
  close: 64_644.19, volume: 231.0483, quote_volume: 14_934_218.9, trade_count: 12_873, taker_buy_volume: 118.52, taker_buy_quote_volume: 7_661_203.4,
  event_time: 1_722_470_699_999, known_time: 1_722_470_701_999, backfilled: true,
}
const text = JSON.stringify(candle)

/** Messages a second to and from one broker, by our bus, @platformatic/kafka and Kafka's own tools in turn; the best of the rounds. */
export async function benchKafka(): Promise<BenchmarkResult> {
  const available = await kafkaAvailable()
  if (!available.ok) return [{ benchmark: 'Kafka', skipped: available.reason }]
  const kafka = await startKafka({ heapMb: 512 })
  const { brokers } = kafka
  const bus = await connectBus({ kind: 'kafka', brokers, clientId: 'bench' })
  const onNewTopic = <T>(work: (topic: string) => Promise<T>) => () => withTopic(bus, work)
  const task = (topic: string) => ({ brokers, topic, messages, size: Buffer.byteLength(text) })
  try {
    const produce = await best({
      'ProducerPerformance, large batches': onNewTopic((topic) => javaProduce(task(topic), largeBatches)),
      'ProducerPerformance, its defaults': onNewTopic((topic) => javaProduce(task(topic))),
      'StreamForge bus': onNewTopic((topic) => busProduce(bus, topic)),
      'StreamForge bus, typed (validate, JSON)': onNewTopic((topic) => typedProduce(bus, topic)),
      '@platformatic/kafka': onNewTopic((topic) => platformaticProduce(task(topic), batchSize, text)),
    })
    const consume = await onNewTopic(async (topic) => {
      await busProduce(bus, topic)
      return best({
        'ConsumerPerformance': () => javaConsume(task(topic)),
        'StreamForge bus': () => busConsume(bus, topic, () => {}),
        'StreamForge bus, JSON.parse': () => busConsume(bus, topic, parse),
        'StreamForge bus, typed (parse, validate)': () => typedConsume(bus, topic),
        '@platformatic/kafka': () => platformaticConsume(task(topic), () => {}),
        '@platformatic/kafka, JSON.parse': () => platformaticConsume(task(topic), parse),
      })
    })()
    return [...rows('Kafka produce', produce), ...rows('Kafka consume', consume)]
  } finally {
    await bus.close()
    await kafka.stop()
  }
}

const parse = (value: Buffer): void => void JSON.parse(value.toString())

/** The best rate of each, measured in turns, so that a noisy moment does not fall on one alone. */
async function best(measures: Record<string, () => Promise<number>>): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    for (const [subject, measure] of Object.entries(measures)) found.set(subject, Math.max(found.get(subject) ?? 0, await measure()))
  }
  return found
}

async function withTopic<T>(bus: Bus, work: (topic: string) => Promise<T>): Promise<T> {
  const name = `bench-${randomUUID()}`
  await bus.admin.createTopic({ name, partitions })
  try {
    return await work(name)
  } finally {
    await bus.admin.deleteTopic(name)
  }
}

function rows(benchmark: string, rates: Map<string, number>): BenchmarkRow[] {
  const [[baseline, base]] = rates as unknown as [[string, number]]
  return Array.from(rates, ([subject, rate]) => ({
    benchmark, subject, value: Math.round(rate), unit: 'messages/s', ...(subject !== baseline && { ratio: rate / base, baseline }),
  }))
}

async function timed(work: (batch: number) => Promise<unknown>): Promise<number> {
  const began = performance.now()
  for (let batch = 0; batch < messages / batchSize; batch++) await work(batch)
  return messages / ((performance.now() - began) / 1000)
}

function busProduce(bus: Bus, topic: string): Promise<number> {
  return timed((batch) => {
    const partition = batch % partitions
    return bus.publish(topic, Array.from({ length: batchSize }, () => ({ key: 'BTCUSDT', value: text, partition })))
  })
}

function typedProduce(bus: Bus, topic: string): Promise<number> {
  const records = Array.from({ length: batchSize }, () => candle)
  return timed((batch) => publishMessages(bus, catalog.data, records, { topic, partition: batch % partitions }))
}

/** Counts what is delivered, from the first batch on, until all is there. */
function meter(): { add: (count: number) => void; rate: Promise<number> } {
  const all = Promise.withResolvers<number>()
  let count = 0
  let began = 0
  return {
    rate: all.promise,
    add: (more) => {
      if (count === 0) began = performance.now()
      count += more
      if (count >= messages) all.resolve(messages / ((performance.now() - began) / 1000))
    },
  }
}

async function busConsume(bus: Bus, topic: string, use: (value: Buffer) => void): Promise<number> {
  const { add, rate } = meter()
  const consumer = await bus.consume({ group: randomUUID(), topics: [topic], from: 'earliest' }, async (batch) => {
    for (const message of batch.messages) use(message.value)
    add(batch.messages.length)
  })
  const measured = await rate
  await consumer.close()
  return measured
}

async function typedConsume(bus: Bus, topic: string): Promise<number> {
  const { add, rate } = meter()
  const consumer = await consumeMessages(bus, catalog.data, { group: randomUUID(), topics: [topic], from: 'earliest', service: 'bench' }, async (batch) => {
    add(batch.messages.length)
  })
  const measured = await rate
  await consumer.close()
  return measured
}
