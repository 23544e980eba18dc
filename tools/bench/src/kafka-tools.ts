import { kafkaTool } from '@streamforge/servers'

export interface KafkaToolTask {
  brokers: readonly string[]
  topic: string
  messages: number
  /** Bytes of each message. */
  size: number
}

const warmUp = 300_000

/**
 * Messages a second that Kafka's own ProducerPerformance reports, once Java has warmed up: random bytes, acks=all, other settings as they
 * come, or as given ('batch.size=262144').
 */
export async function javaProduce({ brokers, topic, messages, size }: KafkaToolTask, settings: readonly string[] = []): Promise<number> {
  const { status, output } = await kafkaTool('org.apache.kafka.tools.ProducerPerformance', [
    '--bootstrap-server', brokers.join(','), '--topic', topic, '--num-records', String(messages + warmUp),
    '--warmup-records', String(warmUp), '--record-size', String(size), '--throughput', '-1', '--command-property', 'acks=all', ...settings,
  ])
  // The last report leaves the warm-up out: "500000 steady state records sent, 412371.1 records/sec (118.00 MB/sec), ..."
  const rate = output.match(/[\d.]+(?= records\/sec)/g)?.at(-1)
  if (status !== 0 || rate === undefined) throw new Error(`ProducerPerformance failed: ${output.slice(-1000)}`)
  return Number(rate)
}

/** Messages a second that Kafka's own ConsumerPerformance reports, the time to join its group left out. */
export async function javaConsume({ brokers, topic, messages }: KafkaToolTask): Promise<number> {
  const { status, output } = await kafkaTool('org.apache.kafka.tools.ConsumerPerformance', [
    '--bootstrap-server', brokers.join(','), '--topic', topic, '--num-records', String(messages), '--hide-header', '--timeout', '60000',
  ])
  // start, end, MB, MB/s, messages, messages/s, rebalance ms, fetch ms, fetch MB/s, fetch messages/s
  const rate = output.split('\n').map((line) => line.split(', ')).find((columns) => columns.length === 10)?.at(-1)
  if (status !== 0 || rate === undefined) throw new Error(`ConsumerPerformance failed: ${output.slice(-1000)}`)
  return Number(rate)
}
