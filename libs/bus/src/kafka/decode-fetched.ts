import type { IncomingMessage } from '../bus.ts'
import type { FetchedMessage } from './cluster.ts'

const noHeaders: Readonly<Record<string, string>> = Object.freeze({})
const noValue = Buffer.alloc(0)

/**
 * kafkajs's messages as ours, from `from` on: a fetch returns whole record batches, which may begin earlier, and with them the
 * brokers' own control records. `next` is the offset after the last of them.
 */
export function decodeFetched(
  topic: string, partition: number, from: bigint, fetched: readonly FetchedMessage[],
): { messages: IncomingMessage[]; next: bigint } {
  const messages: IncomingMessage[] = []
  let next = from
  for (const { key, value, offset: offsetText, timestamp, headers, isControlRecord } of fetched) {
    const offset = BigInt(offsetText)
    if (offset < from) continue
    next = offset + 1n
    if (isControlRecord) continue
    messages.push({ topic, partition, offset, key, value: value ?? noValue, headers: decodeHeaders(headers), timestamp: Number(timestamp) })
  }
  return { messages, next }
}

function decodeHeaders(headers: FetchedMessage['headers']): Readonly<Record<string, string>> {
  let decoded: Record<string, string> | undefined
  for (const name in headers) {
    const value = headers[name]
    // Kafka allows a name more than once; ours are unique, and of a stranger's the last counts.
    const last = Array.isArray(value) ? value.at(-1) : value
    if (last != null) (decoded ??= {})[name] = last.toString()
  }
  return decoded ?? noHeaders
}
