import { StreamForgeError, type CatalogEntry } from '@streamforge/contracts'
import { z } from 'zod'
import type { Batch, Bus, Consumer, IncomingMessage, TailOptions } from './bus.ts'

/** A message that fits its schema, with where it came from. */
export interface TypedMessage<T> {
  value: T
  /** The JSON text that `value` was read from. */
  text: string
  offset: bigint
  key: string | null
  timestamp: number
  headers: Readonly<Record<string, string>>
}

export interface TypedBatch<T> extends Omit<Batch, 'messages'> {
  messages: TypedMessage<T>[]
  /** How many messages of the batch were refused and dead-lettered. */
  deadLettered: number
}

export interface Refused {
  message: IncomingMessage
  error: StreamForgeError
}

/** The topic of an entry: its own, or the one given where it is a pattern. */
export function topicOf(entry: CatalogEntry, topic: string | undefined): string {
  if (topic !== undefined) return topic
  if (!entry.topic.includes('{')) return entry.topic
  throw new StreamForgeError('BAD_CONFIG', `'${entry.name}' travels on topics like ${entry.topic}: name the topic`)
}

/**
 * Publishes messages of one kind, validated, as JSON, keyed as the catalog says. Resolves when durable.
 * @throws StreamForgeError BAD_MESSAGE before anything is sent; and what Bus.publish throws
 */
export async function publishMessages<S extends z.ZodType>(
  bus: Bus, entry: CatalogEntry<S>, messages: readonly z.input<S>[],
  options: { topic?: string; partition?: number; headers?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const headers = { 'content-type': 'application/json', schema: entry.name, ...options.headers }
  await bus.publish(topicOf(entry, options.topic), messages.map((message) => {
    const parsed = entry.schema.safeParse(message)
    if (!parsed.success) throw badMessage(entry, parsed.error)
    return {
      key: entry.key(parsed.data), value: JSON.stringify(parsed.data), headers,
      ...(options.partition !== undefined && { partition: options.partition }),
    }
  }))
}

/** Parses and validates a batch; what does not fit, or is refused by `reasonToRefuse`, comes back apart, with the reason. */
export function parseMessages<S extends z.ZodType>(
  entry: CatalogEntry<S>, messages: readonly IncomingMessage[], reasonToRefuse?: (value: z.infer<S>) => string | undefined,
): { accepted: TypedMessage<z.infer<S>>[]; refused: Refused[] } {
  const accepted: TypedMessage<z.infer<S>>[] = []
  const refused: Refused[] = []
  for (const message of messages) {
    const text = message.value.toString()
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch (cause) {
      refused.push({ message, error: new StreamForgeError('BAD_MESSAGE', `not JSON: ${(cause as Error).message}`, { cause }) })
      continue
    }
    const parsed = entry.schema.safeParse(json)
    if (!parsed.success) {
      refused.push({ message, error: badMessage(entry, parsed.error) })
      continue
    }
    const reason = reasonToRefuse?.(parsed.data)
    if (reason !== undefined) {
      refused.push({ message, error: new StreamForgeError('BAD_MESSAGE', reason) })
      continue
    }
    const { offset, key, timestamp, headers } = message
    accepted.push({ value: parsed.data, text, offset, key: key?.toString() ?? null, timestamp, headers })
  }
  return { accepted, refused }
}

/** Follows messages of one kind without a group. What does not fit is left out: it is the consumers' to dead-letter. */
export function tailMessages<S extends z.ZodType>(
  bus: Bus, entry: CatalogEntry<S>, options: Omit<TailOptions, 'topics'> & { topics?: readonly string[] },
  handler: (batch: TypedBatch<z.infer<S>>) => Promise<void>,
): Promise<Consumer> {
  return bus.tail({ ...options, topics: options.topics ?? [topicOf(entry, undefined)] }, async (batch) => {
    const { accepted } = parseMessages(entry, batch.messages)
    if (accepted.length) await handler({ ...batch, messages: accepted, deadLettered: 0 })
  })
}

function badMessage(entry: CatalogEntry, error: z.ZodError): StreamForgeError {
  const issues = error.issues.slice(0, 5).map((i) => `${i.path.join('.') || 'message'}: ${i.message}`).join('; ')
  return new StreamForgeError('BAD_MESSAGE', `does not fit '${entry.name}': ${issues}`)
}
