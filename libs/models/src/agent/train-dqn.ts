import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CheckpointStore } from '../tensors/train-gnn.ts'
import { createDqn, epsilonAt, stepDqn, takeTally, type Dqn, type DqnOptions } from './dqn.ts'
import { readDqnCheckpoint, writeDqnCheckpoint, type DqnRecord } from './dqn-checkpoint.ts'
import type { Environment } from './environment.ts'

/** What the steps since the report before came to. */
export interface DqnReport {
  /** Environment steps so far. */
  steps: number
  epsilon: number
  /** Mean Huber loss of the trainings; absent before the first. */
  loss?: number
  /** Mean reward of a step. */
  meanReward: number
  /** Of the episodes that ended. */
  episodes: number
  /** Mean sum of rewards of an episode that ended. */
  meanReturn?: number
  /** What the judge says of the network as it is now; higher is better. */
  score?: number
}

export interface DqnProgress extends DqnReport {
  totalSteps: number
  /** Of this attempt. */
  seconds: number
  etaSeconds: number
}

export interface TrainDqnInput {
  environment: Environment
  options: DqnOptions
  /** Environment steps. */
  steps: number
  seed: number
  /** Environment steps between reports. */
  reportEvery: number
  onReport?: (progress: DqnProgress) => void | Promise<void>
  /** Tells how good the network is at a report; the parameters with the highest score are kept. Must not draw random numbers of the agent's. */
  judge?: (dqn: Dqn) => number
  checkpoints?: CheckpointStore
  /** What the environment is of: a checkpoint of another is not used. */
  fingerprint: string
  /** Ends the training with its reason. */
  signal?: AbortSignal
  /** Milliseconds, for durations only. Default `performance.now`. */
  now?: () => number
}

export interface TrainedDqn {
  /** Parameters as q-network.ts lays them out: the best that the judge saw, without one the last. */
  values: Float32Array
  history: DqnReport[]
  /** Steps after which those parameters were there. */
  bestSteps: number
  dqn: Dqn
}

/** Steps after which others in the process get their turn. */
const stepsAtOnce = 250

/**
 * Trains an agent. The same input gives the same bits; killed anywhere, a training that goes on from a checkpoint (one is written at the end of the first
 * episode after each report) comes to the same end as an undisturbed one.
 */
export async function trainDqn(input: TrainDqnInput): Promise<TrainedDqn> {
  const { environment, options, steps, seed, reportEvery, checkpoints, signal, now = () => performance.now() } = input
  const dqn = createDqn(environment, options, seed)
  const fingerprint = JSON.stringify([input.fingerprint, options, steps, seed, reportEvery])
  const record: DqnRecord<DqnReport> = await resume(dqn, checkpoints, fingerprint) ?? { history: [], best: undefined }
  const begun = { at: now(), steps: dqn.steps }
  let checkpointIsDue = false
  while (dqn.steps < steps) {
    stepDqn(dqn)
    if (dqn.steps % reportEvery === 0 || dqn.steps === steps) {
      const report = finishReport(dqn, record, input)
      const seconds = (now() - begun.at) / 1000
      await input.onReport?.({ ...report, totalSteps: steps, seconds, etaSeconds: (seconds / (dqn.steps - begun.steps)) * (steps - dqn.steps) })
      checkpointIsDue = true
    }
    if (checkpointIsDue && !dqn.state && checkpoints) {
      await checkpoints.write(writeDqnCheckpoint(dqn, record, fingerprint), record.history.length)
      checkpointIsDue = false
    }
    if (dqn.steps % stepsAtOnce === 0) {
      await nextTurn()
      signal?.throwIfAborted()
    }
  }
  const { best, history } = record
  return { values: best?.values ?? dqn.memory.online.slice(), bestSteps: best?.steps ?? dqn.steps, history, dqn }
}

async function resume(dqn: Dqn, checkpoints: CheckpointStore | undefined, fingerprint: string): Promise<DqnRecord<DqnReport> | undefined> {
  const bytes = await checkpoints?.read()
  if (!bytes) return undefined
  const read = readDqnCheckpoint<DqnReport>(bytes, fingerprint, dqn)
  if (typeof read !== 'string') return read
  checkpoints?.onDiscarded?.(read)
  return undefined
}

function finishReport(dqn: Dqn, record: DqnRecord<DqnReport>, { judge, options }: TrainDqnInput): DqnReport {
  const { steps, reward, updates, loss, episodes, returns } = takeTally(dqn)
  const score = judge?.(dqn)
  const report: DqnReport = {
    steps: dqn.steps, epsilon: epsilonAt(options, dqn.steps), ...(updates > 0 && { loss: loss / updates }), meanReward: steps > 0 ? reward / steps : 0, episodes,
    ...(episodes > 0 && { meanReturn: returns / episodes }), ...(score !== undefined && { score }),
  }
  record.history.push(report)
  if (score !== undefined && (!record.best || score > record.best.score)) record.best = { score, steps: dqn.steps, values: dqn.memory.online.slice() }
  return report
}
