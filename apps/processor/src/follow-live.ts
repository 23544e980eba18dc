import { consumeMessages } from '@streamforge/bus'
import { catalog, StreamForgeError, type DataMessage, type Interval } from '@streamforge/contracts'
import { abortableDelay, WorkStopped, type WorkerContext } from '@streamforge/service'
import { followNews } from './follow-news.ts'
import { groupCommit, type GroupCommit } from './group-commit.ts'
import type { SymbolRun } from './symbol-run.ts'
import type { MarketInput } from './read-stored.ts'

/** Waits, for tests. */
export interface FollowWaits {
  /** Milliseconds between looks at bars that wait; default 100. */
  pollMs?: number
  /** Milliseconds that changes without a row may wait to be saved together; default 50. */
  gatherMs?: number
  /** Milliseconds for reading what is on the topics yet, once this worker has been told to stop; default 8000. */
  drainMs?: number
}

export interface FollowOptions extends FollowWaits {
  worker: WorkerContext<unknown>
  interval: Interval
  latenessMs: number
  onCommit: () => unknown
}

export const groupOf = (queueId: string) => `processor.${queueId}`
/** Apart from the market's: members of one group follow the same topics. */
export const newsGroupOf = (queueId: string) => `processor-news.${queueId}`

/** Symbols that follow live topics, each with its saves. */
interface Followed extends GroupCommit {
  run: SymbolRun
  /** Ends of bars that wait, and until when. */
  waiting: { end: number; until: number }[]
}

/**
 * Makes rows of live records until the worker is stopped. What the store had is passed over; offsets are committed when the state that
 * saw them is saved.
 * @throws WorkStopped when it is replaced or terminated: somebody else goes on
 */
export async function followLive(runs: readonly SymbolRun[], options: FollowOptions): Promise<void> {
  const { worker: { bus, assignment, signal, now, name, log }, interval, pollMs = 100, gatherMs = 50, onCommit } = options
  const followed = runs.map((run): Followed => ({ run, waiting: [], ...groupCommit({ save: () => run.commit(), urgent: () => run.unsaved > 0, gatherMs }) }))
  const byTopic = new Map(followed.flatMap((symbol) => topicsOf(symbol.run).map((topic) => [topic, symbol] as const)))
  const topics = [...byTopic.keys()]
  const group = groupOf(assignment.queue_id)
  const { promise: broken, reject: giveUp } = Promise.withResolvers<never>()
  const consumer = await consumeMessages(bus, catalog.data, { group, topics, from: 'earliest', service: name, maxBatch: 2_000, now }, async ({ topic, messages }) => {
    const symbol = byTopic.get(topic)!
    const records = messages.map(({ value }) => value).filter((value) => isInput(value, symbol.run, interval))
    if (records.length === 0) return
    symbol.run.take(records)
    await guarded(() => symbol.commit(), giveUp)()
    onCommit()
  })
  const news = await followNews(followed.map((symbol) => ({ run: symbol.run, commit: guarded(() => symbol.commit(), giveUp) })), newsGroupOf(assignment.queue_id), options.worker)
  const ended = Promise.race([consumer.done, news.done, broken])
  ended.catch(() => undefined)
  log.info({ topics: topics.length }, 'following live data')
  try {
    while (!signal.aborted) {
      await Promise.race([ended, abortableDelay(pollMs, signal)])
      if (await closeOverdue(followed, { now: now(), latenessMs: options.latenessMs })) onCommit()
    }
    await drain(topics, ended, options)
  } finally {
    await consumer.close()
    await news.close()
  }
  for (const symbol of followed) {
    const newest = symbol.run.reducer.state.pending.at(-1)
    if (newest) symbol.run.closeThrough(newest.event_time)
    await symbol.commit()
  }
  // Its topic outlives it; who retries this stage reads it from its start again, which changes nothing.
  await bus.admin.deleteGroup(newsGroupOf(assignment.queue_id)).catch((err: unknown) => log.warn({ err }, 'the group that followed news could not be deleted'))
  onCommit()
}

/** A save that ends the work when trying again cannot help. */
const guarded = (commit: () => Promise<void>, giveUp: (error: unknown) => void) => () => commit().catch((error: unknown) => {
  if (!isPassing(error)) giveUp(error)
  throw error
})

const topicsOf = ({ sources: { candles, trades, quotes } }: SymbolRun) => [candles, trades, quotes].flatMap((source) => source?.topics ?? [])

function isInput(value: DataMessage, { sources }: SymbolRun, interval: Interval): value is MarketInput {
  if (value.kind !== 'candle' && value.kind !== 'trade' && value.kind !== 'book_ticker') return false
  return value.symbol === sources.symbol && (value.kind !== 'candle' || value.interval === interval)
}

/** Emits bars whose candle has been there for as long as they may wait. What could not be saved yet is tried again. */
async function closeOverdue(followed: readonly Followed[], clock: { now: number; latenessMs: number }): Promise<boolean> {
  for (const symbol of followed) {
    const end = overdueEnd(symbol, clock)
    if (end !== undefined) symbol.run.closeThrough(end)
  }
  const unsaved = followed.filter(({ run }) => run.unsaved > 0)
  await Promise.all(unsaved.map((symbol) => symbol.commit().catch((error: unknown) => {
    if (!isPassing(error)) throw error
  })))
  return unsaved.length > 0
}

/** Whether trying again may help: not when another attempt has taken over. */
const isPassing = (error: unknown) => error instanceof StreamForgeError && error.retryable && error.code !== 'STORE_CONFLICT'

/** End of the newest bar that has waited long enough. */
function overdueEnd({ run: { reducer }, waiting }: Followed, { now, latenessMs }: { now: number; latenessMs: number }): number | undefined {
  const newest = reducer.state.pending.at(-1)?.event_time
  if (newest === undefined) waiting.length = 0
  else if (waiting.at(-1)?.end !== newest) waiting.push({ end: newest, until: now + latenessMs })
  let end: number | undefined
  while (waiting[0] && waiting[0].until <= now) end = waiting.shift()!.end
  return end
}

/** Reads what was on the topics when the stop came, so that a stopped stage has all bars of what its inputs hold. */
async function drain(topics: readonly string[], ended: Promise<void>, { worker, drainMs = 8_000, pollMs = 100 }: FollowOptions): Promise<void> {
  const { bus, assignment, signal } = worker
  const reason: unknown = signal.reason
  if (!(reason instanceof WorkStopped) || reason.stop.kind !== 'stopped') throw reason
  const never = new AbortController().signal
  const until = performance.now() + drainMs
  const lagging = async () => (await Promise.all(topics.map((topic) => bus.admin.lag(groupOf(assignment.queue_id), topic)))).flat().some(({ lag }) => lag > 0n)
  while (performance.now() < until && await lagging()) await Promise.race([ended, abortableDelay(Math.min(pollMs, 50), never)])
}
