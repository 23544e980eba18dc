import { DeadLetter, DeadLetterHeaders, deadLetterTopic, RedrivenHeaders } from '@streamforge/contracts'
import type { Bus, IncomingMessage } from './bus.ts'
import { channels } from './channels.ts'
import type { Refused } from './typed-messages.ts'

/** Puts refused messages on `dead-letters`: key and value in their own bytes, the circumstances in the headers. */
export async function publishDeadLetters(
  bus: Bus, refused: readonly Refused[], by: { group: string; service: string; now: number },
): Promise<void> {
  if (!refused.length) return
  await bus.publish(deadLetterTopic.name, refused.map(({ message, error }) => ({
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
  for (const { message, error } of refused) channels.deadLetter.publish({ topic: message.topic, code: error.code })
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

/**
 * Puts letters (as they were, or with a mended `value`) back on their source topic and partition, then marks them as redriven.
 * Dying between the two, it leaves them listed: a second redrive is harmless, since records are stored by key.
 */
export async function redriveDeadLetters(bus: Bus, letters: readonly DeadLetter[]): Promise<void> {
  for (const letter of letters) {
    await bus.publish(letter.source_topic, [{
      key: letter.key, value: Buffer.from(letter.value, letter.encoding), partition: letter.source_partition,
      headers: { 'content-type': 'application/json', 'redriven-from': `${letter.source_partition}/${letter.source_offset}` },
    }])
    await bus.publish(deadLetterTopic.name, [{
      key: letter.key, value: '',
      headers: RedrivenHeaders.parse({
        'redriven-source-topic': letter.source_topic,
        'redriven-source-partition': String(letter.source_partition),
        'redriven-source-offset': letter.source_offset,
      }),
    }])
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
  const utf8 = message.value.equals(Buffer.from(message.value.toString()))
  return DeadLetter.parse({
    offset: message.offset.toString(),
    partition: message.partition,
    key: message.key?.toString() ?? null,
    value: message.value.toString(utf8 ? 'utf8' : 'base64'),
    encoding: utf8 ? 'utf8' : 'base64',
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
