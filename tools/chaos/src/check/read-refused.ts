import type { Bus } from '@streamforge/bus'
import { DeadLetterHeaders, deadLetterTopic } from '@streamforge/contracts'
import type { Refused } from './history.ts'

/** Every message that anybody refused, also those that were mended since. */
export async function readRefused(bus: Bus): Promise<Refused[]> {
  const refused: Refused[] = []
  for (const { partition, earliest, latest } of (await bus.admin.describeTopic(deadLetterTopic.name)).partitions) {
    for (let offset = earliest; offset < latest;) {
      const messages = await bus.admin.peek(deadLetterTopic.name, { partition, offset, limit: 1000 })
      if (messages.length === 0) break
      for (const { headers } of messages) {
        // What marks a letter as mended has other headers.
        const { data } = DeadLetterHeaders.safeParse(headers)
        if (!data) continue
        refused.push({
          topic: data['dead-letter-source-topic'], partition: Number(data['dead-letter-source-partition']), offset: BigInt(data['dead-letter-source-offset']),
          group: data['dead-letter-group'],
        })
      }
      offset = messages.at(-1)!.offset + 1n
    }
  }
  return refused
}
