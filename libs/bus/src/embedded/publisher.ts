import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { OutgoingMessage } from '../bus.ts'
import { channels, type PublishDiagnostic, type StalledDiagnostic } from '../channels.ts'
import { retryDelayMs } from '../retry-delay.ts'
import { Checkpointer } from './checkpointer.ts'
import type { OpenTopics } from './open-topics.ts'
import { type FramePlan, planFrames } from './plan-frames.ts'
import { isOutOfSpace, withLockRetry } from './sqlite.ts'
import type { TopicLog } from './topic-log.ts'
import { topicNotFound } from './topic-registry.ts'
import type { TopicWatcher } from './topic-watcher.ts'

type Placement = readonly { partition: number; offset: bigint }[]

interface Pending {
  messages: readonly OutgoingMessage[]
  since: number
  resolve: (placement: Placement) => void
  reject: (error: unknown) => void
}

/** So many calls of publish() at most share a transaction. */
const CALLS_PER_TRANSACTION = 256
/** Between tries on a full disk, in ms. */
const spaceDelay = { initialMs: 50, maxMs: 1000 }
/** Of a topic's write-ahead log; 16 MB. */
const CHECKPOINT_PAGES = 500

export interface PublisherClock {
  now: () => number
  random: () => number
  /** How long a call waits for space on the disk before it is refused, in ms. */
  patienceMs: number
}

/** Appends to topics. Calls for one topic are carried out in their order; those that wait together share a transaction. */
export class Publisher {
  readonly #topics: OpenTopics
  readonly #watcher: TopicWatcher
  readonly #clock: PublisherClock
  readonly #ending = new AbortController()
  readonly #lanes = new Map<string, Pending[]>()
  readonly #running = new Set<Promise<void>>()
  readonly #checkpointer = new Checkpointer()
  /** Topics whose logs are being brought into their files; what they must wait for before the next append, if anything. */
  readonly #checkpoints = new Map<string, Promise<void> | undefined>()
  #turn: number

  constructor(topics: OpenTopics, watcher: TopicWatcher, clock: PublisherClock) {
    this.#topics = topics
    this.#watcher = watcher
    this.#clock = clock
    this.#turn = Math.floor(clock.random() * 1000)
  }

  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<Placement> {
    return new Promise((resolve, reject) => {
      const pending = { messages, since: performance.now(), resolve, reject }
      const lane = this.#lanes.get(topic)
      if (lane !== undefined) {
        lane.push(pending)
        return
      }
      this.#lanes.set(topic, [pending])
      const run = this.#drain(topic).finally(() => this.#running.delete(run))
      this.#running.add(run)
    })
  }

  /** Resolves when everything handed over so far has been appended or refused. Nobody waits for space any more. */
  async flush(): Promise<void> {
    this.#ending.abort()
    await Promise.all(this.#running)
  }

  /** After `flush`. What is in the logs yet stays there. */
  close(): Promise<void> {
    return this.#checkpointer.close()
  }

  async #drain(topic: string): Promise<void> {
    const lane = this.#lanes.get(topic)!
    // Calls made in the same turn of the event loop are to meet in the lane first.
    await Promise.resolve()
    while (lane.length > 0) {
      await this.#checkpoints.get(topic)
      const calls = lane.splice(0, CALLS_PER_TRANSACTION)
      try {
        await this.#appendPatiently(topic, calls)
      } catch (error) {
        for (const call of calls) call.reject(error)
      }
      // A caller that publishes in a loop must not keep timers and sockets from their turn.
      await nextTurn()
    }
    this.#lanes.delete(topic)
  }

  /** A full disk is waited for, as a broker that is away is: those who publish stay where they are, and what comes meanwhile waits behind. */
  async #appendPatiently(topic: string, calls: readonly Pending[]): Promise<void> {
    const { random, patienceMs } = this.#clock
    const giveUpAt = performance.now() + patienceMs
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#append(topic, calls)
      } catch (error) {
        if (!isOutOfSpace(error) || performance.now() >= giveUpAt || this.#ending.signal.aborted) throw error
        channels.stalled.publish({ topic, messages: calls.reduce((sum, call) => sum + call.messages.length, 0), attempt: attempt + 1, error } satisfies StalledDiagnostic)
      }
      await sleep(retryDelayMs(attempt, spaceDelay, random), undefined, { signal: this.#ending.signal }).catch(() => {})
    }
  }

  async #append(topic: string, calls: readonly Pending[]): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      const log = await this.#topics.hold(topic)
      try {
        if (await this.#appendTo(log, calls)) return
      } finally {
        this.#topics.release(log)
      }
    }
    throw topicNotFound(topic)
  }

  /** False when the topic was deleted since it was opened: it may have been made again meanwhile. */
  async #appendTo(log: TopicLog, calls: readonly Pending[]): Promise<boolean> {
    const planned = this.#plan(log, calls)
    const frames = planned.flatMap(({ plan }) => plan.frames)
    const bases = await withLockRetry(`append to topic '${log.name}'`, () => log.append(frames))
    if (bases === undefined) return false
    this.#watcher.announce(log)
    if (log.pagesInLog >= CHECKPOINT_PAGES && !this.#checkpoints.has(log.name)) void this.#checkpoint(log)
    let first = 0
    for (const { call, plan } of planned) {
      call.resolve(placementOf(plan, bases, first))
      first += plan.frames.length
      reportPublished(log.name, call, plan)
    }
    return true
  }

  /**
   * In two steps: most of it while appends go on, then the little that these have added, for which they wait. Only a log that is wholly in the file
   * is begun anew with the next append; otherwise it would grow for ever.
   */
  async #checkpoint(log: TopicLog): Promise<void> {
    const { name, path } = log
    log.pagesInLog = 0
    this.#checkpoints.set(name, undefined)
    await this.#checkpointer.run(path)
    const rest = this.#checkpointer.run(path)
    this.#checkpoints.set(name, rest)
    await rest
    this.#checkpoints.delete(name)
  }

  /** A call that cannot be carried out is refused on its own. */
  #plan(log: TopicLog, calls: readonly Pending[]): { call: Pending; plan: FramePlan }[] {
    const now = this.#clock.now()
    return calls.flatMap((call) => {
      try {
        return [{ call, plan: planFrames(log.name, call.messages, log.partitions, now, () => this.#turn++) }]
      } catch (error) {
        call.reject(error)
        return []
      }
    })
  }
}

function placementOf({ frames, frameOf, indexOf }: FramePlan, bases: readonly number[], first: number): Placement {
  const placement: { partition: number; offset: bigint }[] = new Array(frameOf.length)
  for (let i = 0; i < placement.length; i++) {
    const frame = frameOf[i]!
    placement[i] = { partition: frames[frame]!.partition, offset: BigInt(bases[first + frame]! + indexOf[i]!) }
  }
  return placement
}

function reportPublished(topic: string, call: Pending, plan: FramePlan): void {
  if (!channels.publish.hasSubscribers) return
  const bytes = plan.frames.reduce((sum, { frame }) => sum + frame.bytes.length, 0)
  channels.publish.publish(
    { topic, messages: call.messages.length, bytes, ms: performance.now() - call.since } satisfies PublishDiagnostic)
}
