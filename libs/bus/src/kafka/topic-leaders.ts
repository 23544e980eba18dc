import type { KafkaCluster, Leaders } from './cluster.ts'
import { topicNotFound } from './kafka-errors.ts'
import { pause, retrying } from './retry.ts'

const metadataLagMs = [50, 150]

/**
 * A topic's leaders. A topic made a moment ago may not have reached the broker that is asked, so it is missing only when it still is
 * after 200 ms.
 * @throws StreamForgeError TOPIC_NOT_FOUND, BUS_UNAVAILABLE
 */
export async function findLeaders(cluster: KafkaCluster, topic: string, options: { random: () => number; withinMs: number }): Promise<Leaders> {
  const look = () => retrying({ doing: `look up topic '${topic}'`, between: () => cluster.refresh(), ...options }, () => cluster.leaders(topic))
  for (const wait of metadataLagMs) {
    const leaders = await look()
    if (leaders) return leaders
    await pause(wait)
  }
  const leaders = await look()
  if (!leaders) throw topicNotFound(topic)
  return leaders
}
