export interface TopicPartition {
  topic: string
  partition: number
}

export interface Subscriber {
  member: string
  topics: readonly string[]
}

/** Partition and who has it now, if anyone. */
export interface OwnedPartition extends TopicPartition {
  owner: string | undefined
}

/**
 * Who shall have each partition. Shares differ by at most one among members of the same topics; a partition stays where it is when its
 * owner has no more than its share. The same input gives the same answer in any process.
 */
export function assignPartitions(
  partitions: readonly OwnedPartition[], subscribers: readonly Subscriber[],
): (TopicPartition & { target: string | undefined })[] {
  const sorted = [...subscribers].sort((a, b) => compare(a.member, b.member))
  const held = new Map(sorted.map((s) => [s.member, 0]))
  const eligible = (topic: string) => sorted.filter((s) => s.topics.includes(topic))
  const result = [...partitions]
    .sort((a, b) => compare(a.topic, b.topic) || a.partition - b.partition)
    .map(({ topic, partition, owner }) => ({ topic, partition, owner, target: undefined as string | undefined }))

  for (const p of result) {
    if (p.owner === undefined || !eligible(p.topic).some((s) => s.member === p.owner)) continue
    p.target = p.owner
    held.set(p.owner, held.get(p.owner)! + 1)
  }
  for (const p of result) {
    if (p.target === undefined) p.target = give(leastLoaded(eligible(p.topic), held), held)
  }
  // Even out: move from the fullest to the emptiest while that helps. Each move lowers the sum of squares, so this ends.
  for (let moved = true; moved;) {
    moved = false
    for (const p of result) {
      const poorest = leastLoaded(eligible(p.topic), held)
      if (p.target === undefined || poorest === undefined || held.get(p.target)! - held.get(poorest)! < 2) continue
      held.set(p.target, held.get(p.target)! - 1)
      p.target = give(poorest, held)
      moved = true
    }
  }
  return result.map(({ topic, partition, target }) => ({ topic, partition, target }))
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function leastLoaded(members: readonly Subscriber[], held: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined
  for (const { member } of members) if (best === undefined || held.get(member)! < held.get(best)!) best = member
  return best
}

function give(member: string | undefined, held: Map<string, number>): string | undefined {
  if (member !== undefined) held.set(member, held.get(member)! + 1)
  return member
}
