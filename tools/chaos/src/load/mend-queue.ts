import { listDeadLetters, redriveDeadLetters, type Bus } from '@streamforge/bus'
import { DataMessage, type DeadLetter } from '@streamforge/contracts'

/**
 * What a person does about a queue that ended with dead letters: mends each and puts it back. Poison has nothing to be mended, so a copy of a
 * sound record of its topic goes in its place, which changes nothing. Resolves with how many.
 */
export async function mendDeadLetters(bus: Bus, topic: string): Promise<number> {
  const letters = await listDeadLetters(bus, { sourceTopic: topic })
  const mended = await Promise.all(letters.map((letter) => mend(bus, letter)))
  await redriveDeadLetters(bus, mended)
  return mended.length
}

async function mend(bus: Bus, letter: DeadLetter): Promise<DeadLetter> {
  const { partitions } = await bus.admin.describeTopic(letter.source_topic)
  const { earliest } = partitions.find(({ partition }) => partition === letter.source_partition)!
  const messages = await bus.admin.peek(letter.source_topic, { partition: letter.source_partition, offset: earliest, limit: 50 })
  for (const { key, value } of messages) {
    const record = DataMessage.safeParse(parse(value))
    if (record.success && (record.data.kind === 'candle' || record.data.kind === 'trade')) {
      return { ...letter, encoding: 'utf8', key: key?.toString() ?? null, value: value.toString() }
    }
  }
  throw new Error(`${letter.source_topic} begins with no record that could stand for the poison`)
}

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString())
  } catch {
    return undefined
  }
}
