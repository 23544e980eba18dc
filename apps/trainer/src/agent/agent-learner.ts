import type { AgentParameters } from '@streamforge/contracts'
import type { AccountRules, Fold, MarketBars, ModelFile, StrategyPlan } from '@streamforge/models'
import type { CheckpointStore } from '@streamforge/models/tensors'

/** What a training of a fold is told. */
export interface LearnInput {
  /** Bars up to the end of the tuning part: of later ones there are none. */
  bars: MarketBars
  fold: Pick<Fold, 'train' | 'validation'>
  agent: AgentParameters
  rules: AccountRules
  checkpoints: CheckpointStore
  onProgress: (progress: LearnProgress) => Promise<void>
  signal: AbortSignal
}

export interface LearnProgress {
  steps: number
  totalSteps: number
  loss: number
  metrics: Record<string, number>
  seconds: number
  etaSeconds: number
}

export interface LearntAgent {
  plan: StrategyPlan
  /** Of the weights. */
  hash: string
  files: ModelFile[]
  bestSteps: number
}

/** Who learns: the trainer's orchestration is about data, folds, backtests and the registry. */
export interface AgentLearner {
  /** What learns, for people. */
  readonly description: string
  learn(input: LearnInput): Promise<LearntAgent>
  /** An agent from its registered files. @throws StreamForgeError MODEL_CORRUPT, MODEL_MISMATCH */
  read(files: ReadonlyMap<string, Uint8Array>): StrategyPlan
}
