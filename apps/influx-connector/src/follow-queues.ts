import type { Bus, Consumer } from '@streamforge/bus'
import { StreamForgeError } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'
import { chooseQueues, type QueueOutline } from './choose-queues.ts'

export interface FollowOptions {
  bus: Bus
  store: Store
  log: Logger
  /** Consumes a topic. */
  consume: (topic: string, group: string) => Promise<Consumer>
  /** How many topics are followed now. */
  onFollowed: (topics: number) => void
}

export interface QueueFollower {
  /** Looks once at which queues there are: begins with topics that have points, ends with those that are read to their end or gone. */
  look(): Promise<void>
  close(): Promise<void>
}

export const groupOf = (queueId: string) => `influx-connector.${queueId}`

const atMost = 20_000
/** Topics of ended queues that are caught up with at once, as after a time in which nothing ran; those of running ones are all followed. */
const endedAtOnce = 8
/** Ended queues of which is asked at one look whether they are read to their end. */
const askedALook = 200

/** Follows the topics of queues, learnt from the store. What of a topic has been read is known by its group's offsets alone: a restart goes on. */
export function followQueues(options: FollowOptions): QueueFollower {
  const { bus, store, log, onFollowed } = options
  const followed = new Map<string, { topic: string; consumer: Consumer }>()
  const readToEnd = new Set<string>()
  let closed = false

  const drop = async (queueId: string) => {
    const entry = followed.get(queueId)
    followed.delete(queueId)
    await entry?.consumer.close().catch((err: unknown) => log.warn({ err, topic: entry.topic }, 'a consumer could not be closed in order'))
  }
  /** Offsets of a topic that is gone mean nothing. */
  const forget = async (queueId: string) => {
    await drop(queueId)
    await bus.admin.deleteGroup(groupOf(queueId)).catch((err: unknown) => log.debug({ err, queue_id: queueId }, 'a group could not be deleted'))
  }
  const begin = async ({ queue_id: queueId, kafka_topic: topic }: QueueOutline) => {
    if (followed.has(queueId) || closed) return
    const consumer = await unlessGone(options.consume(topic, groupOf(queueId)))
    if (!consumer) return
    followed.set(queueId, { topic, consumer })
    log.info({ topic }, 'following a topic')
    consumer.done.catch((err: unknown) => {
      if (followed.get(queueId)?.consumer !== consumer) return
      // The next look begins again, if the queue is still there.
      if (isGone(err)) return void forget(queueId)
      followed.delete(queueId)
      log.warn({ err, topic }, 'a topic can no longer be followed')
    })
  }
  const isRead = async ({ queue_id: queueId, kafka_topic: topic }: QueueOutline) =>
    (await unlessGone(bus.admin.lag(groupOf(queueId), topic)))?.every(({ lag }) => lag === 0n) ?? true

  const end = async (ended: readonly QueueOutline[]) => {
    let catchingUp = ended.filter(({ queue_id }) => followed.has(queue_id)).length
    for (const queue of ended.filter(({ queue_id }) => !readToEnd.has(queue_id)).slice(0, askedALook)) {
      if (await isRead(queue)) {
        await drop(queue.queue_id)
        readToEnd.add(queue.queue_id)
      } else if (!followed.has(queue.queue_id) && catchingUp < endedAtOnce) {
        await begin(queue)
        catchingUp++
      }
    }
  }

  return {
    async look() {
      const { running, ended } = chooseQueues(await readQueues(store))
      const known = new Set([...running, ...ended].map(({ queue_id }) => queue_id))
      for (const id of [...followed.keys(), ...readToEnd].filter((id) => !known.has(id))) {
        readToEnd.delete(id)
        await forget(id)
      }
      for (const queue of running) {
        readToEnd.delete(queue.queue_id)
        await begin(queue)
      }
      await end(ended)
      onFollowed(followed.size)
    },
    async close() {
      closed = true
      await Promise.all([...followed.keys()].map(drop))
    },
  }
}

async function readQueues(store: Store): Promise<QueueOutline[]> {
  try {
    return await store.find('queues', { where: { topic_deleted: false }, limit: atMost }) as unknown as QueueOutline[]
  } catch (error) {
    // Nobody has planned one yet.
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return []
    throw error
  }
}

const isGone = (error: unknown) => error instanceof StreamForgeError && error.code === 'TOPIC_NOT_FOUND'

/** Undefined where the topic is not there: not made yet, or deleted meanwhile. */
async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}
