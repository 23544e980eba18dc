import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Interval } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { isLive } from './plan-sources.ts'
import { readStored } from './read-stored.ts'
import type { SymbolRun } from './symbol-run.ts'

export interface StoredOptions {
  store: Store
  interval: Interval
  range: { from: number; to: number }
  signal: AbortSignal
  /** Called after each save. */
  onPage?: () => unknown
  /** Rows after which the state is saved and they are published; default 1000. */
  savedRows?: number
}

/** Records after which the state is saved, whatever the rows. */
const savedRecords = 200_000

/** Takes in what the store holds of a symbol and the state has not seen; all of it is saved then. */
export async function catchUp(run: SymbolRun, { store, interval, range, signal, onPage, savedRows = 1_000 }: StoredOptions): Promise<void> {
  await run.resume()
  let unsaved = 0
  for await (const records of readStored(store, run.sources, run.reducer.state, { interval, range })) {
    signal.throwIfAborted()
    run.take(records)
    unsaved += records.length
    if (run.unsaved >= savedRows || unsaved >= savedRecords) {
      await run.commit()
      unsaved = 0
      onPage?.()
    }
    // The store may answer without waiting; heartbeats and health need their turn.
    await nextTurn()
  }
  if (unsaved > 0) await run.commit()
}

/**
 * Ends a symbol's history: what is stored is all there is. Where trades or quotes go on live, a bar that they have not passed yet waits for
 * the stage that follows them.
 */
export async function settle(run: SymbolRun, range: { to: number }): Promise<void> {
  const { trades, quotes } = run.sources
  if ([trades, quotes].some((source) => source?.inputs.some(isLive))) return
  run.closeThrough(range.to)
  await run.commit()
}
