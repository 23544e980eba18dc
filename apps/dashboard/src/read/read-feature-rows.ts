import { featureSets, isStageType, parseStageType, StreamForgeError, type FeaturesAnswer, type FeaturesQuery, type StageSpec, type StoredQueue } from '@streamforge/contracts'
import { readNewestFeatures } from '@streamforge/market'
import type { Store, StoredDocument } from '@streamforge/store'
import type { z } from 'zod'
import { orIfMissing } from './datasets.ts'

type Query = z.infer<typeof FeaturesQuery>

/** The newest rows of a symbol's features that were known at a moment, oldest first. @throws StreamForgeError NOT_FOUND */
export async function readFeatureRows(store: Store, query: Query, now: number): Promise<FeaturesAnswer> {
  const { symbol, interval, from, to, as_of: asOf = now, limit } = query
  const stage = await (query.queue_id === undefined ? newestStage(store, query) : stageOf(store, query.queue_id, query))
  const queue = stage && await orIfMissing(store.get<StoredQueue & StoredDocument>('queues', stage.queue_id), undefined)
  if (!stage || !queue) {
    throw new StreamForgeError('NOT_FOUND', query.queue_id === undefined ? `there are no features of ${symbol} ${interval}` : `queue ${query.queue_id} has no features of ${symbol} ${interval}`, {
      remedy: 'a workflow with a pipeline makes them',
    })
  }
  const rows = await readNewestFeatures(store, {
    collection: queue.collection_name, symbol, interval, asOf, limit, ...(from !== undefined && { from }), ...(to !== undefined && { to }),
  })
  const { feature_set } = stage.pipeline
  return { feature_set, names: [...featureSets[feature_set]], rows }
}

/** Replays make the same again, for comparison only. */
async function newestStage(store: Store, { symbol, interval }: Query): Promise<StageSpec | undefined> {
  const stages = await orIfMissing(store.find<StageSpec & StoredDocument>('stages', {
    where: { type: `features_${interval}` }, sort: [{ field: 'created_at', direction: 'desc' }], limit: 1_000,
  }), [])
  return stages.find((stage) => stage.symbols.includes(symbol) && stage.replay_of === undefined)
}

async function stageOf(store: Store, queueId: string, { symbol, interval }: Query): Promise<StageSpec | undefined> {
  const stage = await orIfMissing(store.get<StageSpec & StoredDocument>('stages', queueId), undefined)
  const fits = stage && isStageType(stage.type) && parseStageType(stage.type).stage === 'features' && stage.interval === interval && stage.symbols.includes(symbol)
  return fits ? stage : undefined
}
