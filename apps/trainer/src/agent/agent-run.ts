import { type EpochReport, type TrainingRun } from '@streamforge/contracts'
import { certifiedInputs } from '../run-record.ts'
import type { LearnProgress } from './agent-learner.ts'
import { agentModel, agentRunId, type AgentStage } from './agent-stage.ts'
import { foldTimes } from './backtest-symbol.ts'

/** The document of an agent's run as it begins. */
export function newAgentRun(stage: AgentStage, symbol: string, facts: { backend: string; codeVersion: string }, now: number): TrainingRun {
  const { spec, pipeline, agent } = stage
  const { seed, parts, strategies, ...parameters } = agent
  const run_id = agentRunId(stage, symbol)
  const folds = foldTimes(stage)
  return {
    _key: run_id, run_id, queue_id: spec.queue_id, workflow_id: spec.workflow_id, model: agentModel(stage, symbol), status: 'running', kind: 'agent',
    parameters: { ...parameters, parts: parts.join(' '), strategies: strategies.join(' ') }, backend: facts.backend, seed, code_version: facts.codeVersion,
    feature_set: pipeline.feature_set, symbols: [symbol], interval: spec.interval, parts: folds.at(-1)!, data: certifiedInputs(spec), epochs: [], started_at: now, message: 'reading candles and features',
  }
}

/** A report of a fold among those of all folds: an epoch is a twentieth of a training. */
export function agentEpoch({ steps, totalSteps, loss, metrics, seconds, etaSeconds }: LearnProgress, fold: { walk: number; walks: number }, at: number): EpochReport {
  const reports = 20
  const epoch = Math.max(1, Math.round((reports * steps) / totalSteps))
  return {
    epoch: fold.walk * reports + Math.min(reports, epoch), epochs: fold.walks * reports, loss, metrics: { ...metrics, fold: fold.walk + 1 }, seconds,
    eta_seconds: etaSeconds + (fold.walks - 1 - fold.walk) * (seconds + etaSeconds), at,
  }
}
