import { StreamForgeError, toStreamForgeError, type CatalogEntry } from '@streamforge/contracts'
import type { z } from 'zod'
import type { Batch, Bus, Consumer, ConsumeOptions, IncomingMessage } from './bus.ts'
import { publishDeadLetters } from './dead-letters.ts'
import { parseMessages, topicOf, type Refused, type TypedBatch, type TypedMessage } from './typed-messages.ts'

export interface ConsumeMessagesOptions<T = unknown> extends Omit<ConsumeOptions, 'topics'> {
  topics?: readonly string[]
  /** The service's name, for the dead letters' headers. */
  service: string
  now?: () => number
  /** Why a message that fits its schema is no business of this consumer; undefined: it is. What it refuses is dead-lettered. */
  reasonToRefuse?: (value: T) => string | undefined
}

/**
 * Consumes messages of one kind: parse, validate, handle, commit. Nothing is lost and nothing blocks the rest:
 * - what does not fit its schema goes to `dead-letters` before the batch's offsets are committed;
 * - a handler's retryable error (a store that is away) delivers the batch again, with backoff, for as long as it lasts;
 * - any other error delivers it again `entry.attempts` times; then the messages are handled one by one, and only those that
 *   still fail are dead-lettered, as HANDLER_FAILED.
 */
export function consumeMessages<S extends z.ZodType>(
  bus: Bus, entry: CatalogEntry<S>, options: ConsumeMessagesOptions<z.infer<S>>, handler: (batch: TypedBatch<z.infer<S>>) => Promise<void>,
): Promise<Consumer> {
  const { service, now = Date.now, topics = [topicOf(entry, undefined)], reasonToRefuse, ...consume } = options
  const positions = new Map<string, Position>()
  return bus.consume({ ...consume, topics }, async (batch) => {
    const position = positionOf(positions, batch)
    const refuse = async (refused: readonly Refused[]) => {
      // A batch that is delivered again must not leave its bad messages twice.
      const fresh = refused.filter((r) => !position.deadLettered.has(r.message.offset))
      await publishDeadLetters(bus, fresh, { group: consume.group, service, now: now() })
      for (const r of fresh) position.deadLettered.add(r.message.offset)
    }
    const { accepted, refused } = parseMessages(entry, batch.messages, reasonToRefuse)
    await refuse(refused)
    if (!accepted.length && !refused.length) return
    const typed = { ...batch, messages: accepted, deadLettered: refused.length }
    try {
      await handler(typed)
    } catch (error) {
      if (error instanceof StreamForgeError && error.retryable) throw error
      if (++position.failures < entry.attempts) throw error
      await refuse(await handleOneByOne(typed, batch.messages, handler))
    }
    positions.delete(key(batch))
  })
}

/** What is known of the batch in hand of a partition: how often it failed, and what of it is dead-lettered already. */
interface Position {
  first: bigint
  failures: number
  deadLettered: Set<bigint>
}

const key = (batch: Batch) => `${batch.topic}/${batch.partition}`

function positionOf(positions: Map<string, Position>, batch: Batch): Position {
  const first = batch.messages[0]?.offset ?? 0n
  const known = positions.get(key(batch))
  if (known?.first === first) return known
  const fresh = { first, failures: 0, deadLettered: new Set<bigint>() }
  positions.set(key(batch), fresh)
  return fresh
}

async function handleOneByOne<T>(
  batch: TypedBatch<T>, originals: readonly IncomingMessage[], handler: (batch: TypedBatch<T>) => Promise<void>,
): Promise<Refused[]> {
  const failed: Refused[] = []
  let lastError: unknown
  for (const message of batch.messages) {
    const error = await handler({ ...batch, messages: [message], deadLettered: 0 }).then(() => undefined, (e: unknown) => e)
    if (error === undefined) continue
    if (error instanceof StreamForgeError && error.retryable) throw error
    lastError = error
    failed.push({ message: originalOf(message, originals), error: handlerFailed(error) })
  }
  // An error without a code that meets every message is a defect of the handler, no message's fault: nothing is thrown away for it.
  if (failed.length > 1 && failed.length === batch.messages.length && !(lastError instanceof StreamForgeError)) throw lastError
  return failed
}

const originalOf = <T>(message: TypedMessage<T>, originals: readonly IncomingMessage[]) =>
  originals.find((o) => o.offset === message.offset)!

function handlerFailed(error: unknown): StreamForgeError {
  const { code, message } = toStreamForgeError(error, 'HANDLER_FAILED')
  return new StreamForgeError(code === 'INTERNAL' ? 'HANDLER_FAILED' : code, message, { cause: error })
}
