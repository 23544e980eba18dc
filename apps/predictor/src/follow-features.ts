import { type Bus, consumeMessages } from '@streamforge/bus'
import { barGrid, catalog, nextOpenTime, type StageInput, type StageSpec, StreamForgeError } from '@streamforge/contracts'
import { abortableDelay, type WorkerContext, type WorkerProgress, WorkStopped } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import { type BarWindows, keptBars, timesUpTo } from './bar-windows.ts'
import { recoverRows, takeRow } from './live-rows.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { createPendingBars } from './pending-bars.ts'
import type { RowPlaces } from './row-places.ts'

/** One attempt at a stage that makes something of every bar as its features come. */
export interface FollowedRun {
  readonly worker: WorkerContext<unknown>
  readonly bus: Bus
  readonly store: Store
  /** `historyEnd`: the first open time after the stored bars. */
  readonly stage: { readonly spec: StageSpec; readonly features: StageInput; readonly historyEnd: number }
  readonly windows: BarWindows
  readonly places: RowPlaces
  /** Whether a symbol's bar has what is made of it. */
  hasMade(symbol: string, openTime: number): boolean
  /**
   * Publishes what a bar brings. Whatever is on the topic already is left out; what could not be published is not forgotten, and comes when the bar is asked
   * for again. False while something that it needs has not come: then it is asked for again, before later bars.
   */
  advance(openTime: number, options: { backfilled: boolean }): Promise<boolean>
  progress(): WorkerProgress
  /** Looks for other champions. */
  follow(): Promise<void>
}

export interface FollowOptions {
  /** Milliseconds that a bar waits for symbols whose row has not come. */
  latenessMs: number
  /** Milliseconds between looks at the registry. */
  modelPollMs: number
  /** Milliseconds between looks at bars that wait; default 50. */
  pollMs?: number
  /** Milliseconds for what is on the topic yet, once this worker has been told to stop; default 8000. */
  drainMs?: number
}

export const groupOf = (queueId: string) => `predictor.${queueId}`

/** Feature rows on their way to what is made of them. */
interface Followed {
  /** Rejects when it cannot go on. */
  ended: Promise<void>
  /** Goes on with the bars that are due, or all that wait. */
  flush: (all?: boolean) => Promise<void>
  drained: () => Promise<boolean>
}

/**
 * Goes on with new bars as their features come, until the worker is stopped. Offsets are committed when the forecasts or signals of all bars that were due are on the topic;
 * the rows of those that still wait are found again by whoever comes next.
 * @throws WorkStopped when it is replaced or terminated: somebody else goes on
 */
export async function followFeatures(run: FollowedRun, options: FollowOptions): Promise<void> {
  const { bus, stage: { spec }, worker: { assignment, now, log, name } } = run
  const { kafka_topic: topic } = assignment
  const group = groupOf(assignment.queue_id)
  const grid = barGrid(spec.venue, spec.interval)
  const pending = createPendingBars({
    symbols: spec.symbols, latenessMs: options.latenessMs, startedAt: now(), endOf: (openTime) => nextOpenTime(openTime, spec.interval),
  })
  await recoverRows(run, pending)
  const flush = oneAtATime(async (all = false) => {
    for (const openTime of all ? pending.all() : pending.due(now())) {
      pending.begin(openTime)
      if (!await run.advance(openTime, { backfilled: false })) break
      pending.done(openTime)
      run.places.forgetBefore(timesUpTo(openTime, keptBars, grid)[0]!)
    }
    run.progress()
  })
  const { promise: broken, reject: giveUp } = Promise.withResolvers<never>()
  const consumer = await consumeMessages(bus, catalog.data, { group, topics: [topic], from: 'earliest', service: name, now }, async ({ messages, partition }) => {
    const rows = messages.flatMap(({ value, offset }) => (value.kind === 'feature' ? [{ value, offset }] : []))
    if (rows.length === 0) return
    for (const { value, offset } of rows) takeRow(run, pending, value, { topic, partition, offset })
    await flush().catch((error: unknown) => {
      if (isPassing(error)) throw error
      giveUp(error)
      // No row's fault: it must stay on the topic for the next attempt, not become a dead letter.
      throw new StreamForgeError('UNAVAILABLE', 'the predictor cannot go on', { cause: error })
    })
  })
  const followed: Followed = {
    ended: Promise.race([consumer.done, broken]), flush, drained: async () => (await bus.admin.lag(group, topic)).every(({ lag }) => lag === 0n),
  }
  followed.ended.catch(() => undefined)
  log.info({ topic, symbols: spec.symbols.length }, 'following features')
  try {
    await follow(run, followed, options)
    await drain(run, followed, options)
    await flush(true)
  } finally {
    await consumer.close()
  }
}

/** Looks at bars that wait, and for another champion, until the worker is told to end. */
async function follow({ follow: lookForChampions, worker: { signal, log } }: FollowedRun, { ended, flush }: Followed, { modelPollMs, pollMs = 50 }: FollowOptions): Promise<void> {
  let looking: Promise<void> | undefined
  let nextLook = 0
  while (!signal.aborted) {
    if (!looking && performance.now() >= nextLook) {
      nextLook = performance.now() + modelPollMs
      looking = lookForChampions().catch((error: unknown) => log.warn({ err: error }, 'the champion cannot be looked up; the model at work goes on')).finally(() => {
        looking = undefined
      })
    }
    await flush().catch((error: unknown) => {
      if (!isPassing(error)) throw error
      log.warn({ err: error }, 'what a bar brings could not be published yet')
    })
    await Promise.race([ended, abortableDelay(pollMs, signal)])
  }
  await looking
}

/** Takes in what was on the topic when the stop came. */
async function drain({ worker: { signal } }: FollowedRun, { ended, drained }: Followed, { drainMs = 8_000, pollMs = 50 }: FollowOptions): Promise<void> {
  const reason: unknown = signal.reason
  if (!(reason instanceof WorkStopped) || reason.stop.kind !== 'stopped') throw reason
  const never = new AbortController().signal
  const until = performance.now() + drainMs
  while (performance.now() < until && !await drained()) await Promise.race([ended, abortableDelay(pollMs, never)])
}

/** Whether trying again may help. */
const isPassing = (error: unknown) => error instanceof StreamForgeError && error.retryable && error.code !== 'INTERNAL'
