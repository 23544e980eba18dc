import type { StoredQueue } from '@streamforge/contracts'
import { hasEnded, isLive, isStage } from '../queue/queue-input.ts'
import type { Launch } from './launch-together.ts'
import type { LiveWorkflows } from './live-workflows.ts'

export interface SharingOptions {
  live: Pick<LiveWorkflows, 'all'>
  /** Queues of history that run at once at most. */
  active: number
  /** Whether each shard has a process of its own. */
  podsPerShard: boolean
}

type Loading = Pick<StoredQueue, 'queue_id' | 'venue' | 'shards'>

/**
 * Processes that may load history from a queue's venue at the same time as it, its own included: as many queues as run at once, those with
 * the most processes of all that have not ended, for any of them may run before it is over. A place that nobody waits for yet counts as one.
 */
export function venueSharers(queue: Loading, unfinished: readonly Loading[], { active, podsPerShard }: Omit<SharingOptions, 'live'>): number {
  const processesOf = ({ shards }: Loading) => (podsPerShard ? Math.max(1, shards.length) : 1)
  const others = unfinished.filter(({ queue_id, venue }) => queue_id !== queue.queue_id && venue === queue.venue).map(processesOf).sort((a, b) => b - a)
  return Array.from({ length: active - 1 }, (_, i) => others[i] ?? 1).reduce((sum, processes) => sum + processes, processesOf(queue))
}

/** Tells each loader of history with how many it shares the venue's limit: they leave a machine, and a cluster, by one address. */
export function tellSharers(launch: Launch, options: SharingOptions): Launch {
  return (start, queue) => {
    if (start.target !== 'loader-producer' || isLive(start) || isStage(start)) return launch(start, queue)
    const unfinished = options.live.all().flatMap(({ queues }) => [...queues.values()]).filter((other) => !hasEnded(other) && !isLive(other) && !isStage(other))
    return launch({ ...start, sharers: venueSharers(start, unfinished, options) }, queue)
  }
}
