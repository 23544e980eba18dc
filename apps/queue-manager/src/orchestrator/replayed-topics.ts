import type { Bus } from '@streamforge/bus'
import { StreamForgeError } from '@streamforge/contracts'
import { hasEnded } from '../queue/queue-input.ts'
import type { LiveWorkflows } from './live-workflows.ts'

/** Those of the topics that are there with all their messages, from the first on. */
export async function wholeTopics(bus: Pick<Bus, 'admin'>, topics: readonly string[]): Promise<ReadonlySet<string>> {
  const whole = new Set<string>()
  for (const topic of topics) {
    const partitions = await bus.admin.describeTopic(topic).then((info) => info.partitions, (error: unknown) => {
      if (error instanceof StreamForgeError && error.code === 'TOPIC_NOT_FOUND') return []
      throw error
    })
    if (partitions.length > 0 && partitions.every(({ earliest }) => earliest === 0n)) whole.add(topic)
  }
  return whole
}

/** Whether a replay that has not ended reads a topic of these queues. */
export function isReplayed(queueIds: Iterable<string>, live: LiveWorkflows): boolean {
  const read = new Set(live.all().flatMap(({ queues }) => [...queues.values()].flatMap((queue) => (queue.topic_of === undefined || hasEnded(queue) ? [] : [queue.topic_of]))))
  return [...queueIds].some((id) => read.has(id))
}
