import { catalog, deadLetterTopic } from '@streamforge/contracts'
import type { Bus } from './bus.ts'

/** Creates the catalog's fixed topics and `dead-letters` where they are missing. */
export async function ensureTopics(bus: Bus): Promise<void> {
  const fixed = Object.values(catalog).filter((e) => !e.topic.includes('{')).map((e) => ({ name: e.topic, partitions: e.partitions, retentionMs: e.retentionMs }))
  for (const topic of [...fixed, deadLetterTopic]) await bus.admin.createTopic(topic)
}
