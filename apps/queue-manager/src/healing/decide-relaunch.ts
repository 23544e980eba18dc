import type { ErrorCode, HealingCircuit, StoredQueue } from '@streamforge/contracts'
import type { StoredJob } from '../queue/queue-input.ts'
import { isProbe } from './circuit.ts'

/** What healing knows beyond one queue. */
export interface HealingView {
  /** The circuit of what an error points to; undefined: it is closed, or the cause is the worker's own. */
  circuit(queue: Pick<StoredQueue, 'venue'>, code: ErrorCode): HealingCircuit | undefined
  /** Relaunches within the last hour of the whole workflow, and how many it may have. */
  relaunches(queue: StoredQueue): { spent: number; limit: number }
}

export type RelaunchDecision =
  | { do: 'wait' }
  /** Its time has come, but what failed it is known not to work. */
  | { do: 'hold'; circuit: HealingCircuit }
  | { do: 'relaunch' }
  | { do: 'probe'; circuit: HealingCircuit }
  | { do: 'give_up'; code: 'ATTEMPTS_EXHAUSTED' | 'HEALING_BUDGET_SPENT'; message: string }

/** Whether a worker that was lost is launched again now. */
export function decideRelaunch(queue: StoredQueue, job: StoredJob, now: number, view: HealingView | undefined): RelaunchDecision {
  if (job.status !== 'waiting') return { do: 'wait' }
  const circuit = job.error && view?.circuit(queue, job.error.code)
  if (!circuit && now < (job.relaunch_at ?? 0)) return { do: 'wait' }
  if (circuit) return isProbe(circuit, { queue_id: queue.queue_id, target: job.target }) ? { do: 'probe', circuit } : { do: 'hold', circuit }
  if (job.attempts_without_progress >= queue.max_attempts) {
    const last = job.error?.message ?? job.message
    return { do: 'give_up', code: 'ATTEMPTS_EXHAUSTED', message: `${job.target}: ${job.attempts_without_progress} attempts in a row made no progress; the last: ${last}` }
  }
  const budget = view?.relaunches(queue)
  if (budget && budget.spent >= budget.limit) {
    return { do: 'give_up', code: 'HEALING_BUDGET_SPENT', message: `the workers of ${queue.workflow_id} were launched again ${budget.spent} times within an hour, of ${budget.limit}; the last: ${job.error?.message ?? job.message}` }
  }
  return { do: 'relaunch' }
}

/** An attempt that failed of what many fail of, and that is known not to work, does not count: it says nothing about the queue. */
export const countsAsAttempt = (queue: StoredQueue, code: ErrorCode, view: HealingView | undefined) => view?.circuit(queue, code) === undefined
