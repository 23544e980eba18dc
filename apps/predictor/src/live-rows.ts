import type { FeatureRow } from '@streamforge/contracts'
import { readNewestFeatures } from '@streamforge/market'
import { keptBars } from './bar-windows.ts'
import type { FollowedRun } from './follow-features.ts'
import type { PendingBars } from './pending-bars.ts'
import { readTopic } from './read-topic.ts'
import type { RowPlace } from './row-places.ts'

/** Takes a row in. That of a new bar waits for its forecast when it has none. */
export function takeRow({ windows, hasMade, places, stage, worker }: FollowedRun, pending: PendingBars, row: FeatureRow, place?: RowPlace): void {
  const { interval, symbols } = stage.spec
  if (row.interval !== interval || !symbols.includes(row.symbol)) return
  if (place) places.note(row, place)
  windows.put(row)
  pending.arrived(row.symbol, row.open_time, { now: worker.now(), wanted: row.open_time >= stage.historyEnd && !hasMade(row.symbol, row.open_time) })
}

/**
 * Rows that came before this attempt: all of them are on the topic or, where that was trimmed, in the store. What has been forecast is known by now, and
 * says which of them have theirs.
 */
export async function recoverRows(run: FollowedRun, pending: PendingBars): Promise<void> {
  const { bus, store, stage, worker: { assignment, signal } } = run
  const { symbols, interval } = stage.spec
  for (const symbol of symbols) {
    signal.throwIfAborted()
    for (const row of await readNewestFeatures(store, { collection: stage.features.collection_name, symbol, interval, limit: keptBars })) takeRow(run, pending, row)
  }
  await readTopic(bus, assignment.kafka_topic, new Set(['feature'] as const), (message, place) => {
    if (message.kind === 'feature') takeRow(run, pending, message, place)
  }, signal)
}
