import type { KafkaCluster } from './cluster.ts'
import { retrying } from './retry.ts'

const withinMs = 5_000

/** Members that a group has now. */
export async function membersOf(cluster: KafkaCluster, group: string, random: () => number): Promise<string[]> {
  return retrying({ doing: `look who is in the group '${group}'`, withinMs, random, between: () => cluster.refresh() }, async () => {
    const { groups } = await (await cluster.coordinator(group)).describeGroups({ groupIds: [group] })
    return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId))
  })
}

/**
 * Takes members out of a group in their name, so that it need not wait for the sessions of dead ones to time out. A member that lives is told at
 * its next heartbeat. What fails is left to the time-out.
 */
export async function putOut(cluster: KafkaCluster, groupId: string, members: readonly string[]): Promise<void> {
  for (const memberId of members) {
    await cluster.coordinator(groupId).then((coordinator) => coordinator.leaveGroup({ groupId, memberId })).catch(() => undefined)
  }
}
