import { isUtf8 } from 'node:buffer'
import { DeadLetter, DeadLetterHeaders, deadLetterTopic, RedrivenHeaders, StreamForgeError } from '@streamforge/contracts'
import type { Bus, IncomingMessage, OutgoingMessage } from './bus.ts'
import { channels, type DeadLetterDiagnostic } from './channels.ts'
import type { Refused } from './typed-messages.ts'

/** Puts refused messages on `dead-letters`: key and value in their own bytes, the circumstances in the headers. */
export async function publishDeadLetters(
  bus: Bus, refused: readonly Refused[], by: { group: string; service: string; now: number },
): Promise<void> {
  if (!refused.length) return
  await publishOnDeadLetters(bus, refused.map(({ message, error }) => ({
    key: message.key,
    value: message.value,
    headers: DeadLetterHeaders.parse({
      'dead-letter-reason': error.message.slice(0, 1000) || error.code,
      'dead-letter-code': error.code,
      'dead-letter-source-topic': message.topic,
      'dead-letter-source-partition': String(message.partition),
      'dead-letter-source-offset': message.offset.toString(),
      'dead-letter-group': by.group,
      'dead-letter-service': by.service,
      'dead-letter-time': new Date(by.now).toISOString(),
    }),
  })))
  for (const { message, error } of refused) {
    channels.deadLetter.publish({ topic: message.topic, code: error.code, reason: error.message } satisfies DeadLetterDiagnostic)
  }
}

/** A bad message must find its place even where nobody has made the topic yet. */
async function publishOnDeadLetters(bus: Bus, messages: readonly OutgoingMessage[]): Promise<void> {
  try {
    await bus.publish(deadLetterTopic.name, messages)
  } catch (error) {
    if (!(error instanceof StreamForgeError) || error.code !== 'TOPIC_NOT_FOUND') throw error
    await bus.admin.createTopic(deadLetterTopic)
    await bus.publish(deadLetterTopic.name, messages)
  }
}

/**
 * The dead letters that have not been redriven, oldest first; each source message once, however often it was refused.
 * Reads the whole topic: dead letters are few, or something else is wrong.
 */
export async function listDeadLetters(bus: Bus, filter: { sourceTopic?: string; group?: string; limit?: number } = {}): Promise<DeadLetter[]> {
  const letters = new Map<string, DeadLetter>()
  const redriven = new Set<string>()
  for await (const message of readAll(bus)) {
    const marker = RedrivenHeaders.safeParse(message.headers)
    if (marker.success) {
      redriven.add(`${marker.data['redriven-source-topic']}/${marker.data['redriven-source-partition']}/${marker.data['redriven-source-offset']}`)
      continue
    }
    const letter = toDeadLetter(message)
    if (!letter) continue
    if (filter.sourceTopic !== undefined && letter.source_topic !== filter.sourceTopic) continue
    if (filter.group !== undefined && letter.group !== filter.group) continue
    const source = sourceOf(letter)
    if (!letters.has(`${letter.group} ${source}`)) letters.set(`${letter.group} ${source}`, letter)
  }
  return [...letters.values()].filter((l) => !redriven.has(sourceOf(l))).slice(0, filter.limit ?? Infinity)
}

const sourceOf = (l: DeadLetter) => `${l.source_topic}/${l.source_partition}/${l.source_offset}`

/** So many letters are put back at a time. */
const REDRIVE_BATCH = 500

/**
 * Puts letters (as they were, or with a mended `value`) back on their source topic and partition, then marks them as redriven.
 * Dying between the two, it leaves them listed: a second redrive is harmless, since records are stored by key.
 * @throws StreamForgeError TOPIC_NOT_FOUND when a source topic is gone; letters of topics before it in the list are then done
 */
export async function redriveDeadLetters(bus: Bus, letters: readonly DeadLetter[]): Promise<void> {
  for (const [topic, ofTopic] of Map.groupBy(letters, (letter) => letter.source_topic)) {
    for (let i = 0; i < ofTopic.length; i += REDRIVE_BATCH) {
      const batch = ofTopic.slice(i, i + REDRIVE_BATCH)
      await bus.publish(topic, batch.map(originalOf))
      await publishOnDeadLetters(bus, batch.map(markerOf))
    }
  }
}

function originalOf(letter: DeadLetter): OutgoingMessage {
  return {
    key: letter.key === null ? null : Buffer.from(letter.key, letter.encoding),
    value: Buffer.from(letter.value, letter.encoding),
    partition: letter.source_partition,
    headers: { 'content-type': 'application/json', 'redriven-from': `${letter.source_partition}/${letter.source_offset}` },
  }
}

function markerOf(letter: DeadLetter): OutgoingMessage {
  return {
    key: letter.key, value: '',
    headers: RedrivenHeaders.parse({
      'redriven-source-topic': letter.source_topic,
      'redriven-source-partition': String(letter.source_partition),
      'redriven-source-offset': letter.source_offset,
    }),
  }
}

async function* readAll(bus: Bus): AsyncIterable<IncomingMessage> {
  const topics = await bus.admin.listTopics()
  if (!topics.includes(deadLetterTopic.name)) return
  for (const { partition, earliest, latest } of (await bus.admin.describeTopic(deadLetterTopic.name)).partitions) {
    for (let offset = earliest; offset < latest;) {
      const page = await bus.admin.peek(deadLetterTopic.name, { partition, offset, limit: 1000 })
      if (!page.length) break
      yield* page
      offset = page.at(-1)!.offset + 1n
    }
  }
}

/** Undefined for a message on the topic that is no dead letter of ours. */
function toDeadLetter(message: IncomingMessage): DeadLetter | undefined {
  const parsed = DeadLetterHeaders.safeParse(message.headers)
  if (!parsed.success) return undefined
  const headers = parsed.data
  // One encoding for both, since the letter names only one.
  const encoding = isUtf8(message.value) && isUtf8(message.key ?? Buffer.alloc(0)) ? 'utf8' : 'base64'
  return DeadLetter.parse({
    offset: message.offset.toString(),
    partition: message.partition,
    key: message.key?.toString(encoding) ?? null,
    value: message.value.toString(encoding),
    encoding,
    reason: headers['dead-letter-reason'],
    code: headers['dead-letter-code'],
    source_topic: headers['dead-letter-source-topic'],
    source_partition: Number(headers['dead-letter-source-partition']),
    source_offset: headers['dead-letter-source-offset'],
    group: headers['dead-letter-group'],
    service: headers['dead-letter-service'],
    time: headers['dead-letter-time'],
  })
}
