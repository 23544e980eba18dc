import { randomUUID } from 'node:crypto'
import { Consumer, Producer, ProduceAcks } from '@platformatic/kafka'

interface Task {
  brokers: readonly string[]
  topic: string
  messages: number
}

/** Messages a second through @platformatic/kafka's producer: idempotent, acks=all, one send after another. */
export async function platformaticProduce({ brokers, topic, messages }: Task, batchSize: number, value: string): Promise<number> {
  const producer = new Producer({ clientId: 'bench-platformatic', bootstrapBrokers: [...brokers], idempotent: true, acks: ProduceAcks.ALL })
  const payload = Buffer.from(value)
  const began = performance.now()
  for (let sent = 0; sent < messages; sent += batchSize) {
    const partition = (sent / batchSize) % 4
    await producer.send({ messages: Array.from({ length: batchSize }, () => ({ topic, partition, key: Buffer.from('BTCUSDT'), value: payload })) })
  }
  const seconds = (performance.now() - began) / 1000
  await producer.close()
  return messages / seconds
}

/** Messages a second through @platformatic/kafka's consumer stream, from the first message on, each handed to `use`. */
export async function platformaticConsume({ brokers, topic, messages }: Task, use: (value: Buffer) => void): Promise<number> {
  const consumer = new Consumer({ groupId: randomUUID(), clientId: 'bench-platformatic', bootstrapBrokers: [...brokers] })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: true, highWaterMark: 16_384 })
  let count = 0
  let began = 0
  for await (const message of stream) {
    if (count++ === 0) began = performance.now()
    use(message.value)
    if (count === messages) break
  }
  const seconds = (performance.now() - began) / 1000
  await consumer.close(true)
  return messages / seconds
}
