import type { KafkaCluster, Leaders } from './cluster.ts'
import { listOffsets } from './partition-offsets.ts'

interface Deletion {
  partition: number
  /** First offset that stays, whatever its age. */
  before: bigint
  /** Milliseconds since the epoch; absent: of any age. */
  olderThan?: number | undefined
}

/** Moves the start of a partition up to `before`, or to the first message that is not older than `olderThan`. The broker deletes in its own time. */
export async function deleteRecords(cluster: KafkaCluster, topic: string, leaders: Leaders, { partition, before, olderThan }: Deletion): Promise<void> {
  const offset = olderThan === undefined ? before : await firstToStay(cluster, topic, leaders, { partition, before, olderThan })
  const broker = await cluster.broker(leaders[partition]!)
  try {
    await broker.deleteRecords({ topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }] })
  } catch (error) {
    // kafkajs wraps what the broker says of the partition.
    throw (error as { partitions?: { error: unknown }[] }).partitions?.[0]?.error ?? error
  }
}

async function firstToStay(cluster: KafkaCluster, topic: string, leaders: Leaders, { partition, before, olderThan }: Required<Deletion>): Promise<bigint> {
  const found = (await listOffsets(cluster, topic, { leaders, partitions: [partition], at: olderThan! })).get(partition)!
  return found < 0n || found > before ? before : found
}
