import { z } from 'zod'
import { DataType } from './data-type.ts'
import { Epoch } from './epoch.ts'
import { Interval } from './interval.ts'
import { ModelName } from './model.ts'
import { Symbol, Venue, WorkflowId } from './names.ts'
import { GraphParameters, TrainingParameters } from './pipeline.ts'

/** PUT /retraining/{model}: when a forecasting model is trained again, and with what. */
export const RetrainingPolicy = z.strictObject({
  enabled: z.boolean().default(true).describe('False: nothing begins; what is under way goes on'),
  venue: Venue.default('binance'),
  symbols: z.array(Symbol).min(2).max(2_000),
  interval: Interval.exclude(['1M']).describe('Of the bars'),
  types: z.array(DataType).max(20).default([]).describe('Loaded beside api_candles_<interval>, such as api_trades'),
  history_bars: z.int().min(50).max(1_000_000).describe('Bars of each training: the newest so many'),
  new_bars: z.int().min(1).max(1_000_000).describe('A training begins once so many bars are newer than what the last was made with'),
  new_bars_from: z.enum(['closed', 'stored']).default('closed')
    .describe('closed: bars that have closed since, which the training loads itself. stored: bars that the store holds of every symbol, such as those of a live workflow'),
  minimum_interval_minutes: z.int().min(0).max(525_600).default(60).describe('From the end of one training to the begin of the next'),
  graph: GraphParameters.prefault({}),
  training: TrainingParameters.prefault({}),
})
export type RetrainingPolicy = z.infer<typeof RetrainingPolicy>

/** A training that the loop has decided on. */
export const RetrainingRun = z.strictObject({
  number: z.int().positive(),
  reason: z.string(),
  from: Epoch, to: Epoch.describe('Of the bars, excluded'),
  decided_at: Epoch,
  workflow_id: WorkflowId.optional().describe('Absent while it has only been decided'),
  ended_at: Epoch.optional(),
  outcome: z.enum(['promoted', 'kept', 'failed', 'stopped']).optional().describe('kept: not better than the champion on the newest held-out bars'),
  model_version: z.int().positive().optional(),
  message: z.string().optional(),
})
export type RetrainingRun = z.infer<typeof RetrainingRun>

/** How many of its last runs a policy's document has. */
export const keptRetrainingRuns = 20

/** A policy and how far it has come, in the collection `retraining` under the model's name. */
export const StoredRetraining = z.strictObject({
  _key: ModelName, model: ModelName,
  version: z.int().positive().describe('Grows with every write'),
  policy: RetrainingPolicy,
  current: RetrainingRun.optional(),
  runs: z.array(RetrainingRun).describe('Ended ones, the newest first'),
  trained_to: Epoch.optional().describe('End of the bars that the last finished training was made with'),
  failures: z.int().nonnegative().describe('Trainings that failed since one finished'),
  waits_for: z.string().describe('What has to happen before the next training'),
  updated_at: Epoch,
})
export type StoredRetraining = z.infer<typeof StoredRetraining>
export const RetrainingList = z.strictObject({ retraining: z.array(StoredRetraining) })
export type RetrainingList = z.infer<typeof RetrainingList>
