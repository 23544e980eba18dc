import { StreamForgeError } from '@streamforge/contracts'
import type { KafkaCluster, Leaders } from './cluster.ts'

const earliestTimestamp = -2
const latestTimestamp = -1

/**
 * First offset held ('earliest') or next offset ('latest') of partitions of a topic, or the first offset whose message is not older than a
 * time in milliseconds since the epoch: -1 where there is none.
 */
export async function listOffsets(
  cluster: KafkaCluster, topic: string, options: { leaders: Leaders; partitions: readonly number[]; at: 'earliest' | 'latest' | number },
): Promise<Map<number, bigint>> {
  const timestamp = options.at === 'earliest' ? earliestTimestamp : options.at === 'latest' ? latestTimestamp : options.at
  const offsets = new Map<number, bigint>()
  const byLeader = Map.groupBy(options.partitions, (partition) => options.leaders[partition] ?? -1)
  await Promise.all(Array.from(byLeader, async ([leader, partitions]) => {
    if (leader < 0) throw new StreamForgeError('BUS_UNAVAILABLE', `a partition of '${topic}' has no leader at present`)
    const { responses } = await (await cluster.broker(leader)).listOffsets({
      replicaId: -1, isolationLevel: 0, topics: [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }],
    })
    for (const answer of responses[0]!.partitions) offsets.set(answer.partition, BigInt(answer.offset))
  }))
  return offsets
}

/** What a group has committed on partitions of a topic; partitions without a commit are absent. */
export async function committedOffsets(
  cluster: KafkaCluster, group: string, topic: string, partitions: readonly number[],
): Promise<Map<number, bigint>> {
  const coordinator = await cluster.coordinator(group)
  const { responses } = await coordinator.offsetFetch({ groupId: group, topics: [{ topic, partitions: partitions.map((partition) => ({ partition })) }] })
  const found = responses.flatMap((r) => r.partitions).filter((p) => BigInt(p.offset) >= 0n)
  return new Map(found.map((p) => [p.partition, BigInt(p.offset)]))
}
