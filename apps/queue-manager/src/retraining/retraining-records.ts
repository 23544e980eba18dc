import { StreamForgeError, type ModelName, type RetrainingPolicy, type StoredRetraining } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { z } from 'zod'

const collection = 'retraining'

/** The policies and how far each has come. */
export interface RetrainingRecords {
  all(): Promise<StoredRetraining[]>
  /** @throws StreamForgeError NOT_FOUND */
  get(model: string): Promise<StoredRetraining>
  /** Resolves false when somebody else has written since it was read. */
  save(retraining: StoredRetraining): Promise<boolean>
  /** Sets a policy; a model's past trainings stay. */
  put(model: z.infer<typeof ModelName>, policy: RetrainingPolicy, now: number): Promise<StoredRetraining>
  /** @throws StreamForgeError NOT_FOUND */
  remove(model: string): Promise<void>
}

export function retrainingRecords(store: Store): RetrainingRecords {
  const find = (model: string) => orIfMissing(store.get<StoredRetraining>(collection, model), undefined)
  const save = (retraining: StoredRetraining) => store.compareAndSet(collection, retraining, retraining.version - 1)
  return {
    all: async () => (await orIfMissing(store.find<StoredRetraining>(collection, { limit: 1_000 }), [])).map((found) => found),
    async get(model) {
      return await find(model) ?? missing(model)
    },
    save,
    async put(model, policy, now) {
      await store.ensureCollection(collection)
      for (;;) {
        const before = await find(model)
        const next: StoredRetraining = {
          runs: [], failures: 0, ...before, _key: model, model, policy, version: (before?.version ?? 0) + 1, waits_for: 'being looked at', updated_at: now,
        }
        if (await save(next)) return next
      }
    },
    async remove(model) {
      if (await orIfMissing(store.deleteKeys(collection, [model]), 0) === 0) missing(model)
    },
  }
}

function missing(model: string): never {
  throw new StreamForgeError('NOT_FOUND', `there is no retraining of '${model}'`, { remedy: 'PUT /retraining/{model} sets one; GET /retraining lists them' })
}

async function orIfMissing<T, E>(found: Promise<T>, otherwise: E): Promise<T | E> {
  try {
    return await found
  } catch (error) {
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return otherwise
    throw error
  }
}
