import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { Forecast } from './forecast.ts'
import { GraphVersion } from './graph.ts'
import { ModelVersion, TrainingRun } from './model.ts'
import { CollectionName, Offset, QueueId, Symbol, TopicName, Venue, WorkflowId } from './names.ts'
import { QueueType, StageResult } from './pipeline.ts'

/** What still lies on a queue's data topic. No partitions: it is gone, kept no longer than its retention says. */
const TopicOffsets = z.strictObject({
  name: TopicName,
  partitions: z.array(z.strictObject({ partition: z.int().nonnegative(), first: Offset, last: Offset.describe('Of the newest message; below first: none') })),
})

const CertificateNote = z.strictObject({ checksum: z.string(), complete: z.boolean(), rows: z.int().nonnegative(), unit: z.string(), certified_at: Epoch })

/** `forecast`: what this forecast was made of. `training`: what its model learnt from. */
const LineageUse = z.enum(['forecast', 'training'])

const dataset = {
  used_for: z.array(LineageUse),
  queue_id: QueueId, workflow_id: WorkflowId, type: QueueType,
  certificate: CertificateNote.optional(),
  topic: TopicOffsets,
}

/** Rows of features that went in: those of one collection, within a time range. */
export const LineageFeatures = z.strictObject({
  ...dataset,
  documents: z.strictObject({ collection_name: CollectionName, symbols: z.array(Symbol), from: Epoch, to: Epoch.optional() }),
  result: StageResult.optional(),
})

/** Data of a venue that features were made of: its documents, its topic, and where it came from. */
export const LineageDataset = z.strictObject({
  ...dataset,
  documents: z.strictObject({ collection_name: CollectionName, from_key: z.string(), to_key: z.string().describe('Excluded') }),
  source: z.strictObject({ venue: Venue, symbol: Symbol, type: QueueType, from: Epoch, to: Epoch.optional().describe('Absent: live, goes on') }),
})

/** GET /lineage/{id}: where a forecast comes from, step by step back to the venue. */
export const Lineage = z.strictObject({
  id: z.string(),
  forecast: Forecast.extend({ queue_id: QueueId, workflow_id: WorkflowId, collection_name: CollectionName }),
  model: ModelVersion.optional(),
  run: TrainingRun.omit({ epochs: true }).optional(),
  graph: GraphVersion.optional(),
  features: z.array(LineageFeatures),
  data: z.array(LineageDataset),
  missing: z.array(z.string()).describe('What is not there any more, in words; empty: the walk is whole'),
})
export type Lineage = z.infer<typeof Lineage>
export type LineageFeatures = z.infer<typeof LineageFeatures>
export type LineageDataset = z.infer<typeof LineageDataset>
export type LineageUse = z.infer<typeof LineageUse>

export const LineageParams = z.strictObject({ id: z.string().min(1).max(100).describe('Key of a forecast, such as BTCUSDT_5m_forecast_1722470400000') })
export const LineageQuery = z.strictObject({
  workflow_id: WorkflowId.optional().describe('Whose forecast; absent: of the newest workflow that has it'),
})
