import { isUtf8 } from 'node:buffer'
import { StreamForgeError, type CatalogEntry } from '@streamforge/contracts'
import type { z } from 'zod'
import type { Batch, Bus, Consumer, IncomingMessage, TailOptions } from './bus.ts'
import { certainlyValid } from './certainly-valid.ts'
import { channels, type SkippedDiagnostic } from './channels.ts'

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
  const { partition } = options
  const valid = certainlyValid(entry.schema)
  await bus.publish(topicOf(entry, options.topic), messages.map((message) => {
    const value = valid(message) ? message as z.infer<S> : checked(entry, message)
    return { key: entry.key(value), value: JSON.stringify(value), headers, ...(partition !== undefined && { partition }) }
  }))
}

/** @throws StreamForgeError BAD_MESSAGE */
function checked<S extends z.ZodType>(entry: CatalogEntry<S>, message: unknown): z.infer<S> {
  const parsed = entry.schema.safeParse(message)
  if (parsed.success) return parsed.data
  throw badMessage(entry, parsed.error)
}

/** Parses and validates a batch; what does not fit, or is refused by `reasonToRefuse`, comes back apart, with the reason. */
export function parseMessages<S extends z.ZodType>(
  entry: CatalogEntry<S>, messages: readonly IncomingMessage[], reasonToRefuse?: (value: z.infer<S>) => string | undefined,
): { accepted: TypedMessage<z.infer<S>>[]; refused: Refused[] } {
  const accepted: TypedMessage<z.infer<S>>[] = []
  const refused: Refused[] = []
  const valid = certainlyValid(entry.schema)
  const keys = keyReader()
  for (const message of messages) {
    try {
      const text = decode(message.value)
      const json = parseJson(text)
      const value = valid(json) ? json as z.infer<S> : checked(entry, json)
      const reason = reasonToRefuse?.(value)
      if (reason !== undefined) throw new StreamForgeError('BAD_MESSAGE', reason)
      const { offset, key, timestamp, headers } = message
      accepted.push({ value, text, offset, key: keys(key), timestamp, headers })
    } catch (error) {
      if (!(error instanceof StreamForgeError)) throw error
      refused.push({ message, error })
    }
  }
  return { accepted, refused }
}

/** @throws StreamForgeError BAD_MESSAGE */
function decode(value: Buffer): string {
  // Decoding would put replacement characters for damaged bytes, and the message could pass as a sound one.
  if (!isUtf8(value)) throw new StreamForgeError('BAD_MESSAGE', 'not JSON: the bytes are not UTF-8')
  return value.toString()
}

/** @throws StreamForgeError BAD_MESSAGE */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new StreamForgeError('BAD_MESSAGE', `not JSON: ${(cause as Error).message}`, { cause })
  }
}

/** Decodes keys; most messages of a batch have the key of the one before. */
function keyReader(): (key: Buffer | null) => string | null {
  let last: Buffer | undefined
  let text = ''
  return (key) => {
    if (key === null) return null
    if (last === undefined || !last.equals(key)) text = (last = key).toString()
    return text
  }
}

/**
 * Follows messages of one kind without a group. What does not fit is left out, and told on the `skipped` channel: it is the consumers' to
 * dead-letter.
 */
export function tailMessages<S extends z.ZodType>(
  bus: Bus, entry: CatalogEntry<S>, options: Omit<TailOptions, 'topics'> & { topics?: readonly string[] },
  handler: (batch: TypedBatch<z.infer<S>>) => Promise<void>,
): Promise<Consumer> {
  return bus.tail({ ...options, topics: options.topics ?? [topicOf(entry, undefined)] }, async (batch) => {
    const { accepted, refused } = parseMessages(entry, batch.messages)
    for (const { message: { topic, partition, offset }, error } of refused) {
      channels.skipped.publish({ topic, partition, offset: String(offset), reason: error.message } satisfies SkippedDiagnostic)
    }
    if (accepted.length) await handler({ ...batch, messages: accepted, deadLettered: 0 })
  })
}

function badMessage(entry: CatalogEntry, error: z.ZodError): StreamForgeError {
  const issues = error.issues.slice(0, 5).map((i) => `${i.path.join('.') || 'message'}: ${i.message}`).join('; ')
  return new StreamForgeError('BAD_MESSAGE', `does not fit '${entry.name}': ${issues}`)
}
