import { parseStageType } from '@streamforge/contracts'
import { readStageSpec, type WorkerResult } from '@streamforge/service'
import { trainAgents } from './agent/train-agents.ts'
import { trainStage, type TrainStageOptions } from './train-stage.ts'

/** What the stage of the assignment trains: a forecasting network, or trading agents. */
export async function runStage(options: TrainStageOptions): Promise<WorkerResult> {
  const spec = await readStageSpec(options.store, options.worker.assignment.queue_id)
  return parseStageType(spec.type).stage === 'train_agent' ? trainAgents(options, spec) : trainStage(options)
}
