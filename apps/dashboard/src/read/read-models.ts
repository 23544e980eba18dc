import type { ModelList, ModelsQuery, ModelVersion, StoredModelAlias, TrainingRun, TrainingRunsQuery } from '@streamforge/contracts'
import type { Store, StoredDocument, Where } from '@streamforge/store'
import type { z } from 'zod'
import { orIfMissing } from './datasets.ts'

/** Registered versions, the newest first, and the aliases of their models. */
export async function readModels(store: Store, { model, limit }: z.infer<typeof ModelsQuery>): Promise<ModelList> {
  const where: Where = model === undefined ? {} : { model }
  const [versions, aliases] = await Promise.all([
    orIfMissing(store.find<ModelVersion & StoredDocument>('model_versions', { where, sort: [{ field: model === undefined ? 'created_at' : 'version', direction: 'desc' }], limit }), []),
    orIfMissing(store.find<StoredModelAlias & StoredDocument>('model_aliases', { where }), []),
  ])
  return { versions, aliases }
}

/** Training runs, the newest first, as far as they have come. */
export async function readTrainingRuns(store: Store, { model, workflow_id, limit }: z.infer<typeof TrainingRunsQuery>): Promise<TrainingRun[]> {
  return orIfMissing(store.find<TrainingRun & StoredDocument>('training_runs', {
    where: { ...(model !== undefined && { model }), ...(workflow_id !== undefined && { workflow_id }) }, sort: [{ field: 'started_at', direction: 'desc' }], limit,
  }), [])
}
