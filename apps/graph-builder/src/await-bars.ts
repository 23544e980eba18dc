import { allSymbols, barGrid, featureKey, isStageType, parseStageType, type StageSpec } from '@streamforge/contracts'
import { abortableDelay, type WorkerContext } from '@streamforge/service'
import type { Store } from '@streamforge/store'

interface AwaitOptions {
  spec: StageSpec
  /** End of the last window. */
  to: number
  pollMs?: number
  idleMs?: number
}

/**
 * Features of live data are never finished: waits until the newest bar of the last window is stored for all symbols, or until no row has
 * come for a while. Finished inputs are there as a whole.
 */
export async function awaitBars(worker: WorkerContext<unknown>, store: Store, { spec, to, pollMs = 500, idleMs = 30_000 }: AwaitOptions): Promise<void> {
  const live = spec.inputs.filter((input) => input.to === undefined && isStageType(input.type) && parseStageType(input.type).stage === 'features')
  if (live.length === 0) return
  let rows = -1
  let grownAt = worker.now()
  while (!(await Promise.all(live.map((input) => hasBar(store, spec, input, to)))).every(Boolean)) {
    const counts = await Promise.all(live.map(({ collection_name }) => store.count(collection_name).catch(() => 0)))
    const count = counts.reduce((sum, n) => sum + n, 0)
    if (count !== rows) [rows, grownAt] = [count, worker.now()]
    if (worker.now() - grownAt >= idleMs) {
      worker.log.warn({ rows }, 'no further features come; the graph is built of those that are there')
      return
    }
    worker.progress({ records_written: 0, message: `waiting for features: ${rows} rows so far` })
    await abortableDelay(pollMs, worker.signal)
    worker.signal.throwIfAborted()
  }
}

/** Whether the last bar before `to` is stored for every symbol of the input. */
async function hasBar(store: Store, { venue, symbols, interval }: StageSpec, { symbol, collection_name }: StageSpec['inputs'][number], to: number): Promise<boolean> {
  const wanted = symbol === allSymbols ? symbols : [symbol]
  const rows = await store.find(collection_name, {
    where: { _key: { in: wanted.map((name) => featureKey({ symbol: name, interval, open_time: barGrid(venue, interval).before(to) })) } }, limit: wanted.length,
  }).catch(() => [])
  return rows.length === wanted.length
}
