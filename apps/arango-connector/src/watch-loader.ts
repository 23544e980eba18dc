import type { Bus } from '@streamforge/bus'
import { catalog, isStageType, parseStageType, QueueEvent, targetOf, type Target, type WorkerEvent } from '@streamforge/contracts'

const { topic } = catalog['queue-events']
const pageSize = 1000

/** Who fills a queue's topic: its loader; of a stage, the worker that makes its rows. */
export function producerOf(type: WorkerEvent['type']): Target {
  if (!isStageType(type)) return 'loader-producer'
  return parseStageType(type).stage === 'forecast' ? 'predictor' : 'processor'
}

/**
 * Answers what a queue's loader has said last. Needed when the topic is drained without its markers: then it tells a marker that
 * is lost from one that is still to come; and with live data, whose loader may go on after its markers. Each call reads on from
 * the one before.
 */
export function watchLoader(bus: Bus, queueId: string, producer: Target = 'loader-producer'): () => Promise<WorkerEvent['status'] | undefined> {
  const positions = new Map<number, bigint>()
  let newest: WorkerEvent | undefined
  return async () => {
    const { partitions } = await bus.admin.describeTopic(topic)
    for (const { partition, earliest, latest } of partitions) {
      let offset = positions.get(partition) ?? earliest
      while (offset < latest) {
        const messages = await bus.admin.peek(topic, { partition, offset, limit: pageSize })
        if (messages.length === 0) break
        for (const { value } of messages) newest = later(newest, readLoaderEvent(value, queueId, producer))
        offset = messages.at(-1)!.offset + 1n
      }
      positions.set(partition, offset)
    }
    return newest?.status
  }
}

/** Most events are another queue's: a look at the bytes spares parsing them. */
function readLoaderEvent(value: Buffer, queueId: string, producer: Target): WorkerEvent | undefined {
  if (!value.includes(queueId)) return undefined
  try {
    const event = QueueEvent.parse(JSON.parse(value.toString()))
    const fromLoader = event.status !== 'pong' && event.queue_id === queueId && targetOf(event.producer) === producer
    return fromLoader ? event : undefined
  } catch {
    return undefined
  }
}

function later(known: WorkerEvent | undefined, event: WorkerEvent | undefined): WorkerEvent | undefined {
  if (!event || (known && event.attempt < known.attempt)) return known
  return event
}
