import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Bus } from '@streamforge/bus'
import { DataMessage, StreamForgeError } from '@streamforge/contracts'
import type { RowPlace } from './row-places.ts'

const page = 1_000

export type TopicCursor = Map<number, bigint>

/**
 * Reads what is on a topic now, without a group. Messages that do not fit are somebody else's to dead-letter. A topic that is gone has none.
 * @param wanted kinds; others are not looked at
 * @param cursor where the last reading ended, by partition; moved on
 */
export async function readTopic(
  bus: Bus, topic: string, wanted: ReadonlySet<DataMessage['kind']>, onMessage: (message: DataMessage, place: RowPlace) => void, signal: AbortSignal,
  cursor: TopicCursor = new Map(),
): Promise<void> {
  for (const { partition, earliest, latest } of await partitionsOf(bus, topic)) {
    const before = cursor.get(partition) ?? earliest
    // A topic that was made anew begins again.
    for (let offset = before < earliest || before > latest ? earliest : before; offset < latest;) {
      signal.throwIfAborted()
      const messages = await bus.admin.peek(topic, { partition, offset, limit: page })
      for (const { value, offset: at } of messages) {
        const message = read(value, wanted)
        if (message) onMessage(message, { topic, partition, offset: at })
      }
      const last = messages.at(-1)
      if (!last) break
      offset = last.offset + 1n
      cursor.set(partition, offset)
      await nextTurn()
    }
  }
}

async function partitionsOf(bus: Bus, topic: string) {
  try {
    return (await bus.admin.describeTopic(topic)).partitions
  } catch (error) {
    if (error instanceof StreamForgeError && error.code === 'TOPIC_NOT_FOUND') return []
    throw error
  }
}

function read(bytes: Buffer, wanted: ReadonlySet<string>): DataMessage | undefined {
  try {
    const json = JSON.parse(bytes.toString()) as { kind?: string }
    if (json.kind === undefined || !wanted.has(json.kind)) return undefined
    const parsed = DataMessage.safeParse(json)
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
