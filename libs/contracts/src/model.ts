import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { FeatureSet } from './features.ts'
import { Interval } from './interval.ts'
import { QueueId, Symbol, WorkflowId } from './names.ts'

const Sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/)
export const ModelName = z.string().regex(/^[a-z][a-z0-9-]{1,60}$/).describe('Registered model, such as gnn-5m')
export const RunId = z.string().regex(/^run-[a-z0-9-]{4,80}$/).describe('Training run; deterministic from the queue')
export const ModelAlias = z.enum(['champion', 'challenger'])
export type ModelAlias = z.infer<typeof ModelAlias>

/** A figure with its 95 % interval, from a block bootstrap over the bars it was measured on. */
export const Measured = z.strictObject({ value: z.number(), low: z.number(), high: z.number() })
export type Measured = z.infer<typeof Measured>

/** What a forecaster scored on the held-out bars, by metric: mse, directional_accuracy, ic, rank_ic, mrr, irr_1, irr_5, irr_10. */
export const Scores = z.record(z.string(), Measured)
export type Scores = z.infer<typeof Scores>

/** What one epoch came to. `loss` is the training loss; `metrics` those of the validation part. */
export const EpochReport = z.strictObject({
  epoch: z.int().positive(), epochs: z.int().positive(), loss: z.number(), metrics: z.record(z.string(), z.number()),
  seconds: z.number().nonnegative(), eta_seconds: z.number().nonnegative().optional(), at: Epoch,
})
export type EpochReport = z.infer<typeof EpochReport>

/** A training run, in the collection `training_runs`: written as it goes, so that a page can follow its learning curve. */
export const TrainingRun = z.strictObject({
  _key: RunId, run_id: RunId,
  queue_id: QueueId, workflow_id: WorkflowId,
  model: ModelName,
  status: z.enum(['running', 'finished', 'failed', 'stopped']),
  kind: z.enum(['gnn', 'agent']),
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  backend: z.string().describe('Tensors backend and its version'),
  seed: z.int().nonnegative(),
  code_version: z.string(),
  feature_set: FeatureSet,
  symbols: z.array(Symbol),
  interval: Interval,
  parts: z.strictObject({
    train: z.strictObject({ from: Epoch, to: Epoch }), validation: z.strictObject({ from: Epoch, to: Epoch }), test: z.strictObject({ from: Epoch, to: Epoch }),
  }).optional(),
  graph_version: z.string().optional(),
  data: z.array(z.strictObject({ queue_id: QueueId, checksum: Sha256 })).describe('Certificates of what it was trained on'),
  epochs: z.array(EpochReport),
  scores: z.record(z.string(), Scores).optional().describe('By forecaster: the model and each baseline, on the same held-out bars'),
  model_version: z.int().positive().optional(),
  mlflow_run_id: z.string().optional(),
  started_at: Epoch,
  finished_at: Epoch.optional(),
  message: z.string(),
})
export type TrainingRun = z.infer<typeof TrainingRun>

/** A registered version of a model, in the collection `model_versions`. Its files are in the object store under `path`. */
export const ModelVersion = z.strictObject({
  _key: z.string().describe('`<model>_v<version>`'),
  model: ModelName,
  version: z.int().positive(),
  run_id: RunId,
  queue_id: QueueId, workflow_id: WorkflowId,
  path: z.string(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.int().nonnegative(), sha256: Sha256 })),
  hash: Sha256.describe('Of the weights: equal for two runs that came to the same model'),
  feature_set: FeatureSet, symbols: z.array(Symbol), interval: Interval,
  horizon_bars: z.int().positive(), window_bars: z.int().positive(),
  graph_version: z.string().optional(),
  scores: Scores,
  baselines: z.record(z.string(), Scores),
  held_out: z.strictObject({ from: Epoch, to: Epoch }),
  promotion: z.strictObject({ promoted: z.boolean(), reason: z.string(), champion_before: z.int().positive().optional() }),
  created_at: Epoch,
})
export type ModelVersion = z.infer<typeof ModelVersion>

/** Which version an alias stands for, in the collection `model_aliases`; `version` here counts changes, for compare-and-set. */
export const StoredModelAlias = z.strictObject({
  _key: z.string().describe('`<model>_<alias>`'), model: ModelName, alias: ModelAlias, model_version: z.int().positive(),
  version: z.int().positive(), changed_at: Epoch, reason: z.string(),
})
export type StoredModelAlias = z.infer<typeof StoredModelAlias>
export const ModelParams = z.strictObject({ model: ModelName })
/** GET /api/models: registered versions, the newest first, and what stands for which. */
export const ModelsQuery = z.strictObject({ model: ModelName.optional(), limit: z.coerce.number().int().min(1).max(1_000).default(100) })
/** GET /api/training-runs: the newest first. */
export const TrainingRunsQuery = z.strictObject({
  model: ModelName.optional(), workflow_id: WorkflowId.optional(), limit: z.coerce.number().int().min(1).max(500).default(100),
})
export const ModelList = z.strictObject({ versions: z.array(ModelVersion), aliases: z.array(StoredModelAlias) })
export type ModelList = z.infer<typeof ModelList>
export const TrainingRunList = z.strictObject({ runs: z.array(TrainingRun) })
export type TrainingRunList = z.infer<typeof TrainingRunList>
export const PromoteRequest = z.strictObject({ version: z.int().positive(), reason: z.string().min(1).max(300) })
