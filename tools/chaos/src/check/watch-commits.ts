import type { Bus } from '@streamforge/bus'
import { recordKey } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { setTimeout as delay } from 'node:timers/promises'
import { runningQueues, type RunningQueue } from '../platform/running-queues.ts'
import type { CommitLook } from './history.ts'
import { recordOf } from './record-of.ts'

export interface CommitWatch {
  readonly looks: readonly CommitLook[]
  /** Records whose effect was looked for right after they were committed. */
  checked(): number
  stop(): Promise<void>
}

const everyMs = 300
/** What was committed last would be missing first. */
const newestFirst = 64

/** While everything runs: for each offset that a connector commits, are the records before it in the store at that moment? */
export function watchCommits(bus: Bus, store: Store): CommitWatch {
  const stopping = new AbortController()
  const looks: CommitLook[] = []
  const seen = new Map<string, bigint>()
  let checked = 0
  const look = async (queue: RunningQueue) => {
    for (const { partition, committed, latest } of await bus.admin.lag(`arango-connector.${queue.queue_id}`, queue.kafka_topic)) {
      const place = `${queue.queue_id} ${partition}`
      const before = seen.get(place)
      // A group that is read anew, from the start, commits less than before.
      if (committed === undefined || committed <= (before ?? 0n)) continue
      const newest = committed - BigInt(newestFirst)
      const missing = await missingEffects(queue, partition, newest > (before ?? 0n) ? newest : before ?? 0n, committed)
      if (newest > (before ?? 0n)) missing.push(...await missingEffects(queue, partition, before ?? 0n, newest))
      seen.set(place, committed)
      looks.push({ queueId: queue.queue_id, partition, committed, latest: committed > latest ? await endOf(queue.kafka_topic, partition) : latest, missing })
    }
  }
  /** The two were asked for one after another, and the topic grew in between. */
  const endOf = async (topic: string, partition: number): Promise<bigint> =>
    (await bus.admin.describeTopic(topic)).partitions.find((info) => info.partition === partition)!.latest
  const missingEffects = async (queue: RunningQueue, partition: number, from: bigint, to: bigint): Promise<string[]> => {
    const missing: string[] = []
    for (let offset = from; offset < to;) {
      const messages = await bus.admin.peek(queue.kafka_topic, { partition, offset, limit: Math.min(1_000, Number(to - offset)) })
      if (messages.length === 0) break
      for (const { value } of messages) {
        const record = recordOf(value, queue.symbol)
        if (!record) continue
        const key = recordKey(record)
        checked++
        if (!(await store.get(queue.collection_name, key))) missing.push(key)
      }
      offset = messages.at(-1)!.offset + 1n
    }
    return missing
  }
  const run = async () => {
    while (!stopping.signal.aborted) {
      // The bus may be away, or the topic not there yet: the next look sees what this one could not.
      for (const queue of await runningQueues(store).catch(() => [])) await look(queue).catch(() => undefined)
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = run()
  return {
    looks, checked: () => checked,
    async stop() {
      stopping.abort()
      await running
    },
  }
}
