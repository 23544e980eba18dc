import type { Bus, Consumer, IncomingMessage } from '@streamforge/bus'
import { deadLetterTopic } from '@streamforge/contracts'
import { recentCount, type RecentCount } from '@streamforge/market'
import type { Source } from './source.ts'

const recentMs = 15 * 60_000
const lookBack = 1_000n

/** Messages that were refused, by the topic that they came from. */
export function followDeadLetters(bus: Bus): Source {
  const counts = new Map<string, RecentCount>()
  let consumer: Consumer | undefined
  let failed = false
  const take = ({ headers, timestamp }: IncomingMessage) => {
    const topic = headers['dead-letter-source-topic'] ?? 'unknown'
    const recent = counts.get(topic) ?? recentCount(recentMs)
    recent.add(1, timestamp)
    counts.set(topic, recent)
  }
  const open = async () => {
    counts.clear()
    const next = new Map<number, bigint>()
    const { promise: caughtUp, resolve } = Promise.withResolvers<void>()
    consumer = await bus.tail({ topics: [deadLetterTopic.name], from: 'latest' }, async ({ messages, partition }) => {
      await caughtUp
      for (const message of messages) if (message.offset >= (next.get(partition) ?? 0n)) take(message)
    })
    failed = false
    consumer.done.catch(() => { failed = true })
    try {
      for (const { partition, earliest, latest } of (await bus.admin.describeTopic(deadLetterTopic.name)).partitions) {
        const offset = latest - lookBack > earliest ? latest - lookBack : earliest
        const messages = offset < latest ? await bus.admin.peek(deadLetterTopic.name, { partition, offset, limit: Number(lookBack) }) : []
        for (const message of messages) if (message.offset < latest) take(message)
        next.set(partition, latest)
      }
    } finally {
      resolve()
    }
  }
  return {
    everyMs: 5_000,
    async refresh() {
      if (consumer && !failed) return
      await consumer?.close().catch(() => undefined)
      consumer = undefined
      await open()
    },
    readings: (now) => [...counts].map(([topic, recent]) => ({
      measure: 'streamforge_dead_letters_recent_messages' as const, labels: { topic }, value: recent.total(now),
    })),
    close: async () => { await consumer?.close().catch(() => undefined) },
  }
}
