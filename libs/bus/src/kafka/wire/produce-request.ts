import type { KafkaBroker } from '../cluster.ts'
import { BrokerError } from './broker-error.ts'

/** Version 7: brokers since Kafka 2.1. */
const apiKey = 0
const apiVersion = 7
const acksOfAll = -1
const brokerTimeoutMs = 30_000

export interface ProduceData {
  topic: string
  partitions: { partition: number; batch: Buffer }[]
}

export interface ProduceAnswer {
  topic: string
  partition: number
  baseOffset: bigint
  error: BrokerError | undefined
}

/**
 * Sends record batches to the broker that leads their partitions, with acks=all, and tells of each what became of it, which kafkajs's own
 * produce() does not: it reports the first error for all.
 */
export async function produce(broker: KafkaBroker, data: readonly ProduceData[]): Promise<ProduceAnswer[]> {
  const request = { apiKey, apiVersion, apiName: 'Produce', encode: async () => asEncoder(encodeProduce(data)) }
  const response = { decode: async (payload: Buffer) => decodeProduce(payload), parse: async (decoded: { answers: ProduceAnswer[] }) => decoded }
  try {
    return (await broker.connectionPool.send({ request, response })).answers
  } catch (error) {
    // As kafkajs does for its own requests: the next one connects anew.
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await broker.disconnect()
    throw error
  }
}

/** What kafkajs's request writer asks of a payload. */
const asEncoder = (bytes: Buffer) => ({ buf: bytes, buffer: bytes, size: () => bytes.length })

export function encodeProduce(data: readonly ProduceData[]): Buffer {
  const parts: Buffer[] = []
  const head = Buffer.alloc(12)
  head.writeInt16BE(-1, 0)
  head.writeInt16BE(acksOfAll, 2)
  head.writeInt32BE(brokerTimeoutMs, 4)
  head.writeInt32BE(data.length, 8)
  parts.push(head)
  for (const { topic, partitions } of data) {
    const name = Buffer.from(topic)
    const topicHead = Buffer.alloc(2 + name.length + 4)
    topicHead.writeInt16BE(name.length, 0)
    name.copy(topicHead, 2)
    topicHead.writeInt32BE(partitions.length, 2 + name.length)
    parts.push(topicHead)
    for (const { partition, batch } of partitions) {
      const partitionHead = Buffer.alloc(8)
      partitionHead.writeInt32BE(partition, 0)
      partitionHead.writeInt32BE(batch.length, 4)
      parts.push(partitionHead, batch)
    }
  }
  return Buffer.concat(parts)
}

export function decodeProduce(payload: Buffer): { answers: ProduceAnswer[]; clientSideThrottleTime: number } {
  const answers: ProduceAnswer[] = []
  let at = 4
  for (let topics = payload.readInt32BE(0); topics > 0; topics--) {
    const nameBytes = payload.readInt16BE(at)
    const topic = payload.toString('utf8', at + 2, at + 2 + nameBytes)
    at += 2 + nameBytes + 4
    for (let partitions = payload.readInt32BE(at - 4); partitions > 0; partitions--) {
      const code = payload.readInt16BE(at + 4)
      answers.push({
        topic, partition: payload.readInt32BE(at), baseOffset: payload.readBigInt64BE(at + 6),
        error: code === 0 ? undefined : new BrokerError(code),
      })
      // partition, error, base offset, append time, log start offset
      at += 4 + 2 + 8 + 8 + 8
    }
  }
  return { answers, clientSideThrottleTime: payload.readInt32BE(at) }
}
