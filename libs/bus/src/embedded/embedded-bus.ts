import { StreamForgeError } from '@streamforge/contracts'
import type { Bus, Consumer } from '../bus.ts'
import type { ConsumerHost } from './consumption.ts'
import { CoordinationFile } from './coordination-file.ts'
import { embeddedAdmin } from './embedded-admin.ts'
import { type GroupTiming, startGroupConsumer } from './group-consumer.ts'
import { GroupStore } from './group-store.ts'
import { OpenTopics } from './open-topics.ts'
import { Publisher } from './publisher.ts'
import { type Synchronous, withLockRetry } from './sqlite.ts'
import { startTail } from './tail-consumer.ts'
import { TopicRegistry } from './topic-registry.ts'
import { TopicWatcher } from './topic-watcher.ts'

export interface EmbeddedBusOptions {
  /** Made when missing. Every process that opens the same directory is on the same bus. */
  directory: string
  /** Default NORMAL: what was acknowledged survives the death of any process. FULL: the loss of power too, at the cost of speed. */
  synchronous?: Synchronous
  /** Milliseconds since the epoch. */
  now?: () => number
  /** Uniform in [0, 1). */
  random?: () => number
  timing?: Partial<GroupTiming>
  /** How long publish waits for space on a full disk before it fails with BUS_UNAVAILABLE, in ms; default 60,000. */
  publishWithinMs?: number
  /** How often expired messages are removed from the topics that this process has open, in ms; default 30,000. */
  sweepMs?: number
}

const defaultTiming: GroupTiming = {
  sessionTimeoutMs: 6000, heartbeatMs: 1500, coordinationMs: 50, livenessMs: 400, handOverMs: 6000, closeTimeoutMs: 10_000,
}

/**
 * The bus without a broker: a durable log in SQLite files that any number of processes of one machine share.
 *
 * - A consumer or tail of a topic that is deleted ends: its `done` rejects with TOPIC_NOT_FOUND.
 * - Messages that retention has removed before a group came to them are passed over, and `skipped` tells; a committed offset past a topic's
 *   end ends the consumer with OFFSET_OUT_OF_RANGE, and so do messages that were deleted too early from a topic without retention.
 * - With `from: 'latest'` a group's start is committed when it first takes a partition.
 * - close() of a consumer aborts the batch's signal and waits for its handler; if that resolves all the same, the batch is committed.
 *
 * @throws StreamForgeError BUS_UNAVAILABLE when the directory cannot be used
 */
export async function openEmbeddedBus(options: EmbeddedBusOptions): Promise<Bus> {
  const { directory, synchronous = 'NORMAL', now = Date.now, random = Math.random, sweepMs = 30_000, publishWithinMs: patienceMs = 60_000 } = options
  const file = await openCoordinationFile(directory, synchronous)
  const registry = new TopicRegistry(file)
  await withLockRetry('tidy up', () => registry.removeOrphans())
  const topics = new OpenTopics(registry, now)
  const watcher = new TopicWatcher()
  const publisher = new Publisher(topics, watcher, { now, random, patienceMs })
  const groups = new GroupStore(file, (topic) => registry.partitionsOf(topic))
  const timing = { ...defaultTiming, ...options.timing }
  const consumers = new Set<Consumer>()
  const host: ConsumerHost = {
    hold: (topic) => topics.hold(topic),
    release: (log) => topics.release(log),
    onClosed: (consumer) => consumers.delete(consumer),
  }
  const sweeper = setInterval(() => topics.sweepExpired(), sweepMs).unref()
  let closing: Promise<void> | undefined
  const assertOpen = () => {
    if (closing !== undefined) throw new StreamForgeError('BUS_CLOSED', `the embedded bus in '${directory}' has been closed`)
  }
  const track = async (starting: Promise<Consumer>) => {
    const consumer = await starting
    consumers.add(consumer)
    if (closing !== undefined) await consumer.close()
    return consumer
  }
  const close = async () => {
    clearInterval(sweeper)
    await Promise.all([...consumers].map((consumer) => consumer.close()))
    await publisher.flush()
    await publisher.close()
    topics.close()
    file.close()
  }
  return {
    kind: 'embedded',
    publish: async (topic, messages) => {
      assertOpen()
      return messages.length === 0 ? [] : publisher.publish(topic, messages)
    },
    consume: async (consumeOptions, handler) => {
      assertOpen()
      return track(startGroupConsumer(host, { store: groups, watcher, now, random, timing }, consumeOptions, handler))
    },
    tail: async (tailOptions, handler) => {
      assertOpen()
      return track(startTail(host, { watcher, random, closeTimeoutMs: timing.closeTimeoutMs }, tailOptions, handler))
    },
    admin: embeddedAdmin({ topics, registry, groups, now, assertOpen }),
    close: () => (closing ??= close()),
  }
}

async function openCoordinationFile(directory: string, synchronous: Synchronous): Promise<CoordinationFile> {
  try {
    return await withLockRetry(`open its files in '${directory}'`, () => new CoordinationFile(directory, synchronous))
  } catch (error) {
    if (error instanceof StreamForgeError) throw error
    throw new StreamForgeError('BUS_UNAVAILABLE', `the embedded bus cannot use the directory '${directory}': ${(error as Error).message}`, {
      cause: error, remedy: 'Set DATA_DIR to a directory that can be written',
    })
  }
}
