import type { Bus } from '@streamforge/bus'
import { StreamForgeError } from '@streamforge/contracts'
import type { Reading } from '@streamforge/market'
import type { Source } from './source.ts'

/** How far every consumer group is behind on every topic, summed over partitions; asked of the bus itself. */
export function followConsumerLag(bus: Bus): Source {
  let readings: Reading[] = []
  return {
    everyMs: 15_000,
    async refresh() {
      const found: Reading[] = []
      for (const topic of await bus.admin.listTopics()) found.push(...await lagOf(bus, topic))
      readings = found
    },
    readings: () => readings,
    close: async () => undefined,
  }
}

async function lagOf(bus: Bus, topic: string): Promise<Reading[]> {
  try {
    const found: Reading[] = []
    for (const group of await bus.admin.groupsOf(topic)) {
      const lag = (await bus.admin.lag(group, topic)).reduce((sum, partition) => sum + partition.lag, 0n)
      found.push({ measure: 'streamforge_consumer_lag_messages', labels: { group, topic }, value: Number(lag) })
    }
    return found
  } catch (error) {
    // Topics go with their queues, between the listing and the asking too.
    if (error instanceof StreamForgeError && error.code === 'TOPIC_NOT_FOUND') return []
    throw error
  }
}
