import type { BatchHandler, Consumer, TailOptions } from '../bus.ts'
import { defaultRetryDelay } from '../retry-delay.ts'
import type { KafkaCluster } from './cluster.ts'
import { FetchSession } from './fetch-session.ts'
import { Lane } from './lane.ts'
import { listOffsets } from './partition-offsets.ts'
import { retrying } from './retry.ts'
import { findLeaders } from './topic-leaders.ts'

const maxBatch = 1000
const positionWithinMs = 10_000

/** Follows all partitions of the topics without a group: nothing to join, nothing committed, nothing left behind on the broker. */
export async function openTail(cluster: KafkaCluster, options: TailOptions, handler: BatchHandler, random: () => number): Promise<Consumer> {
  const lanes: Lane[] = []
  for (const topic of options.topics) {
    const leaders = await findLeaders(cluster, topic, { random, withinMs: positionWithinMs })
    const starts = await retrying({ doing: `find the ends of '${topic}'`, withinMs: positionWithinMs, random, between: () => cluster.refresh() }, () =>
      listOffsets(cluster, topic, { leaders, partitions: [...leaders.keys()], at: options.from }))
    for (const [partition, position] of starts) {
      lanes.push(new Lane({ topic, partition, position, group: undefined, maxBatch, retryDelay: defaultRetryDelay, random, handler, onHandled: () => {} }))
    }
  }
  return follow(cluster, lanes, random)
}

function follow(cluster: KafkaCluster, lanes: readonly Lane[], random: () => number): Consumer {
  const done = Promise.withResolvers<void>()
  done.promise.catch(() => {})
  let ending: Promise<void> | undefined
  const end = () => (ending ??= (async () => {
    session.stop()
    for (const lane of lanes) lane.abort()
    await Promise.all(lanes.map((lane) => lane.halt()))
    await cluster.close()
  })())
  const session = new FetchSession({
    cluster, lanes, group: undefined, random,
    onFatal: (error) => void end().finally(() => done.reject(error)),
  })
  session.start()
  return {
    assignment: () => (ending ? [] : lanes.map(({ topic, partition }) => ({ topic, partition }))),
    ready: Promise.resolve(),
    done: done.promise,
    close: async () => {
      await end()
      done.resolve()
    },
  }
}
