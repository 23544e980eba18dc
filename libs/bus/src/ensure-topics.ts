import { catalog, deadLetterTopic, StreamForgeError } from '@streamforge/contracts'
import type { Bus, TopicConfig } from './bus.ts'

/**
 * Creates the catalog's fixed topics and `dead-letters` where they are missing and this user may; what it may not make is somebody else's to
 * make, and whoever needs it is told that it is missing.
 */
export async function ensureTopics(bus: Bus): Promise<void> {
  const fixed = Object.values(catalog).filter((e) => !e.topic.includes('{')).map((e) => ({ name: e.topic, partitions: e.partitions, retentionMs: e.retentionMs }))
  // Every worker comes here at its start, and nearly always all are there: one question instead of a dozen.
  const there = new Set(await bus.admin.listTopics())
  await Promise.all([...fixed, deadLetterTopic].filter(({ name }) => !there.has(name)).map((topic) => createIfAllowed(bus, topic)))
}

async function createIfAllowed(bus: Bus, topic: TopicConfig): Promise<void> {
  await bus.admin.createTopic(topic).catch((error: unknown) => {
    if (!(error instanceof StreamForgeError) || error.code !== 'BAD_CONFIG') throw error
  })
}
