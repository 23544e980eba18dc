import type { BatchHandler, Consumer, TailOptions } from '../bus.ts'
import { allFinished, type ConsumerHost, Ending, holdAll } from './consumption.ts'
import { PartitionLoop } from './partition-loop.ts'
import { defaultRetryDelay } from '../retry-delay.ts'
import type { TopicWatcher } from './topic-watcher.ts'

export interface TailSettings {
  watcher: TopicWatcher
  random: () => number
  closeTimeoutMs: number
}

/** Follows every partition of the topics on its own, without a group. */
export async function startTail(
  host: ConsumerHost, settings: TailSettings, options: TailOptions, handler: BatchHandler,
): Promise<Consumer> {
  const logs = await holdAll(host, options.topics)
  const ending = new Ending()
  const loops: PartitionLoop[] = []
  for (const log of logs.values()) {
    log.refresh()
    for (let partition = 0; partition < log.partitions; partition++) {
      const { earliest, latest } = log.watermarks(partition)
      const loop = new PartitionLoop({
        log, partition, handler, watcher: settings.watcher, random: settings.random, group: undefined,
        start: options.from === 'earliest' ? earliest : latest,
        maxBatch: 1000, retryDelay: defaultRetryDelay, commit: async () => {},
      })
      loop.finished.catch((error: unknown) => ending.fail(error))
      loops.push(loop)
    }
  }
  ending.signal.addEventListener('abort', () => {
    for (const loop of loops) loop.abort()
  })
  let closed: Promise<void> | undefined
  const consumer: Consumer = {
    assignment: () => (ending.signal.aborted ? [] : loops.map(({ topic, partition }) => ({ topic, partition }))),
    ready: Promise.resolve(),
    done: ending.done,
    close: () => (closed ??= close()),
  }
  async function close(): Promise<void> {
    ending.begin()
    await allFinished(loops, settings.closeTimeoutMs)
    for (const log of logs.values()) host.release(log)
    ending.complete()
    host.onClosed(consumer)
  }
  return consumer
}
