import { tailMessages, type Bus, type Consumer } from '@streamforge/bus'
import type { CatalogEntry } from '@streamforge/contracts'
import type { z } from 'zod'

/** A message, and when it was put on its topic (milliseconds since the epoch). */
export interface Received<T> {
  value: T
  at: number
}

export interface FollowedTopic {
  /** True when it could not be followed any further: it is to be opened anew. */
  readonly failed: boolean
  close(): Promise<void>
}

const chunk = 1_000

/**
 * Follows a topic without a group, beginning `lookBack` messages a partition before its end, so that a restart knows what was: every message from
 * there once, in the order of its partition. Resolves when what lay on the topic has been given. What does not fit its schema is left to the
 * consumers, who dead-letter it.
 * @throws StreamForgeError TOPIC_NOT_FOUND, BUS_UNAVAILABLE
 */
export async function followTopic<S extends z.ZodType>(
  bus: Bus, entry: CatalogEntry<S>, { topic, lookBack }: { topic: string; lookBack: number }, take: (message: Received<z.infer<S>>) => void,
): Promise<FollowedTopic> {
  const next = new Map<number, bigint>()
  const { promise: caughtUp, resolve, reject } = Promise.withResolvers<void>()
  caughtUp.catch(() => undefined)
  const consumer = await tailMessages(bus, entry, { topics: [topic], from: 'latest' }, async ({ messages, partition }) => {
    await caughtUp
    for (const { value, timestamp, offset } of messages) if (offset >= (next.get(partition) ?? 0n)) take({ value, at: timestamp })
  })
  let failed = false
  consumer.done.catch(() => { failed = true })
  try {
    for (const { partition, earliest, latest } of (await bus.admin.describeTopic(topic)).partitions) {
      const from = latest - BigInt(lookBack) > earliest ? latest - BigInt(lookBack) : earliest
      await readBack(bus, entry, { topic, partition, from, to: latest }, take)
      next.set(partition, latest)
    }
    resolve()
  } catch (error) {
    reject(error)
    await consumer.close()
    throw error
  }
  return { get failed() { return failed }, close: () => closeQuietly(consumer) }
}

async function readBack<S extends z.ZodType>(
  bus: Bus, { schema }: CatalogEntry<S>, { topic, partition, from, to }: { topic: string; partition: number; from: bigint; to: bigint },
  take: (message: Received<z.infer<S>>) => void,
): Promise<void> {
  for (let offset = from; offset < to;) {
    const messages = await bus.admin.peek(topic, { partition, offset, limit: chunk })
    for (const message of messages) {
      if (message.offset >= to) return
      const parsed = schema.safeParse(readJson(message.value))
      if (parsed.success) take({ value: parsed.data, at: message.timestamp })
    }
    const last = messages.at(-1)
    if (!last) return
    offset = last.offset + 1n
  }
}

function readJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

/** A consumer that has failed may not close in order; it is gone then too. */
async function closeQuietly(consumer: Consumer): Promise<void> {
  await consumer.close().catch(() => undefined)
}
