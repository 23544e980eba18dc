import { StreamForgeError, type ReplayedQueue, type ReplayReport, type StoredQueue, type StoredWorkflow } from '@streamforge/contracts'

/** What a replay came to, beside what it repeats: pure. @throws StreamForgeError CONFLICT when the workflow is no replay */
export function replayReport({ workflow_id, replay_of, status }: StoredWorkflow, queues: readonly StoredQueue[]): ReplayReport {
  if (replay_of === undefined) {
    throw new StreamForgeError('CONFLICT', `workflow ${workflow_id} is no replay`, { remedy: `POST /workflows/${workflow_id}/replay makes one` })
  }
  const compared = queues.flatMap(compareQueue)
  const open = status !== 'finished' || compared.some((row) => row.same === undefined)
  return {
    workflow_id, replay_of, status, queues: compared,
    ...(compared.some((row) => row.same === false) ? { same: false } : !open && { same: true }),
  }
}

/** One row for what is stored, by its certificate, and one for what a stage says of itself. */
function compareQueue({ type, symbol, queue_id, original, certificate, result }: StoredQueue): ReplayedQueue[] {
  if (!original) return []
  const row = (compared: ReplayedQueue['compared'], before: string | undefined, now: string | undefined): ReplayedQueue[] => (before === undefined ? [] : [{
    type, symbol, queue_id, original_queue_id: original.queue_id, compared, original: before, ...(now !== undefined && { replay: now, same: now === before }),
  }])
  return [...row('certificate', original.checksum, certificate?.checksum), ...row('result', original.result?.hash, result?.hash)]
}
