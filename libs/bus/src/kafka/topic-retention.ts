import type { KafkaBroker } from './cluster.ts'

const topicResource = 2

/** Milliseconds that a topic keeps its messages; undefined: until they are deleted. */
export async function topicRetention(broker: KafkaBroker, name: string): Promise<number | undefined> {
  const { resources } = await broker.describeConfigs({ resources: [{ type: topicResource, name, configNames: ['retention.ms'] }] })
  const retentionMs = Number(resources[0]?.configEntries.find((e) => e.configName === 'retention.ms')?.configValue ?? -1)
  return retentionMs < 0 ? undefined : retentionMs
}
