import { StreamForgeError, type FeatureRow } from '@streamforge/contracts'
import { readFeatureState, type FeatureState } from '@streamforge/market'
import type { Store, StoredDocument } from '@streamforge/store'

/** One document for each stage and symbol. */
export const featureStateCollection = 'feature_state'

/** How far a symbol's features have come. What is here is done, whatever happens to the process. */
export interface SavedFeatures {
  state: FeatureState
  /** Rows that the stage has made of the symbol. */
  rows: number
  /** Rows of this very save: they may not be on the topic yet, and are published again at a start. */
  unpublished: FeatureRow[]
}

type StoredState = SavedFeatures & StoredDocument & { queue_id: string; symbol: string; attempt: number; version: number }

/** A symbol's saved features, which only one attempt at a time may change. */
export interface StateKeeper {
  /** Undefined at the very beginning. */
  readonly found: SavedFeatures | undefined
  /** @throws StreamForgeError STORE_CONFLICT when another attempt has taken over */
  save(saved: SavedFeatures): Promise<void>
}

/**
 * Takes a symbol's saved features over from the attempt before. A stage that has none begins with the state that the stage `before` ended with.
 * @throws StreamForgeError STORE_CONFLICT when a later attempt has them
 */
export async function openState(store: Store, key: { queueId: string; symbol: string; attempt: number; before: string | undefined }): Promise<StateKeeper> {
  const { queueId, symbol, attempt, before } = key
  const _key = `${queueId}:${symbol}`
  for (let tries = 0; ; tries++) {
    const stored = await store.get<StoredState>(featureStateCollection, _key)
    if (stored && stored.attempt > attempt) throw takenOver(symbol)
    let version = stored?.version ?? 0
    const found = stored ? usable(stored) : await stateBefore(store, before, symbol)
    const write = ({ state, rows, unpublished }: SavedFeatures) =>
      store.compareAndSet(featureStateCollection, { _key, queue_id: queueId, symbol, attempt, version: version + 1, rows, unpublished, state }, version)
    // Writing it at once shuts the attempt before out: what that one does from here on would not be known.
    if (found && !await write(found)) {
      if (tries < 5) continue
      throw takenOver(symbol)
    }
    if (found) version++
    return {
      found,
      async save(saved) {
        if (!await write(saved)) throw takenOver(symbol)
        version++
      },
    }
  }
}

/** A state of another form is no use: the symbol begins anew, with the same rows. */
function usable({ state, rows, unpublished }: StoredState): SavedFeatures | undefined {
  const read = readFeatureState(state)
  return read && { state: read, rows, unpublished }
}

async function stateBefore(store: Store, before: string | undefined, symbol: string): Promise<SavedFeatures | undefined> {
  const stored = before === undefined ? undefined : await store.get<StoredState>(featureStateCollection, `${before}:${symbol}`)
  const found = stored && usable(stored)
  return found && { ...found, rows: 0, unpublished: [] }
}

const takenOver = (symbol: string) => new StreamForgeError('STORE_CONFLICT', `another attempt of this stage has taken over the features of ${symbol}`, {
  remedy: 'nothing is lost; the other attempt goes on',
})
