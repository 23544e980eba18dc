import type { StoredQueue } from '@streamforge/contracts'
import { isLive, isStage, isWaitingForLive, type QueueInput } from '../queue/queue-input.ts'
import { stageEnding, stageReadiness } from '../queue/stage-readiness.ts'
import type { LiveWorkflow, LiveWorkflows } from './live-workflows.ts'
import type { ChangeQueue } from './queue-changer.ts'

/**
 * Queues of a kind that run at once. Each kind has room of its own, so that none waits for one that waits for it: live queues, which
 * stay, do not take the room of those that end, and stages not that of the data they wait for.
 */
export interface AdmissionLimits {
  history: number
  live: number
  stages: number
}

export interface AdmissionOptions {
  live: LiveWorkflows
  change: ChangeQueue
  limits: AdmissionLimits
  /** Called before a stage is started: its workers will look for what is written here. */
  prepareStage: (entry: LiveWorkflow, stage: StoredQueue) => Promise<void>
  now: () => number
  /** Milliseconds for which a live stage goes on after all that it follows has ended. */
  stageSettleMs: number
  onError: (error: unknown) => void
}

/** Starts pending queues, in order of creation, as long as there is room. Call it whenever there may be: it returns at once. */
export function admitQueues(options: AdmissionOptions): () => void {
  const { onError } = options
  let busy = false
  let again = false

  const pass = async () => {
    while (await admitOnce(options));
  }
  return function admit() {
    if (busy) {
      again = true
      return
    }
    busy = true
    pass().catch(onError).finally(() => {
      busy = false
      if (!again) return
      again = false
      admit()
    }).catch(onError)
  }
}

interface Candidate {
  entry: LiveWorkflow
  queue: StoredQueue
}

/** Resolves true when something has changed. */
async function admitOnce({ live, change, limits, prepareStage, now, stageSettleMs }: AdmissionOptions): Promise<boolean> {
  const all = live.all().flatMap((entry) => [...entry.queues.values()].map((queue): Candidate => ({ entry, queue })))
  const stages = all.filter(({ queue }) => isStage(queue))
  const endings = stages.flatMap((candidate) => endingOf(candidate, now(), stageSettleMs))
  await Promise.all(endings.map(({ queueId, input }) => change(queueId, [input])))
  const of = (stage: boolean, lives: boolean) => all.filter(({ queue }) => isStage(queue) === stage && isLive(queue) === lives)
  const data = [...startable(of(false, false), limits.history), ...startable(of(false, true), limits.live)]
  const ready = [...startable(of(true, false), limits.stages), ...startable(of(true, true), limits.live)]
  await Promise.all(data.map(({ queue }) => change(queue.queue_id, [{ kind: 'start' }])))
  await Promise.all(ready.map(async ({ entry, queue }) => {
    await prepareStage(entry, queue)
    await change(queue.queue_id, [{ kind: 'start' }])
  }))
  return endings.length + data.length + ready.length > 0
}

/** A stage whose inputs have failed will never start, and a live one whose inputs have ended has nothing left to do. */
function endingOf({ entry, queue }: Candidate, now: number, settleMs: number): { queueId: string; input: QueueInput }[] {
  if (queue.status === 'pending' && queue.stop_reason === undefined) {
    const readiness = stageReadiness(queue, entry.queues)
    return readiness.is === 'blocked' ? [{ queueId: queue.queue_id, input: { kind: 'stop', reason: readiness.reason } }] : []
  }
  const ending = stageEnding(queue, entry.queues, now, settleMs)
  return ending ? [{ queueId: queue.queue_id, input: ending }] : []
}

function startable(candidates: readonly Candidate[], limit: number): Candidate[] {
  const room = limit - candidates.filter(({ queue }) => queue.status === 'running').length
  return candidates.filter(({ entry, queue }) => queue.status === 'pending' && !isWaitingForLive(queue)
    && (!isStage(queue) || stageReadiness(queue, entry.queues).is === 'ready')).slice(0, Math.max(0, room))
}
