import { toStreamForgeError } from '@streamforge/contracts'
import { type WorkerContext, WorkStopped } from '@streamforge/service'
import { failureOf, type RunRecord } from './run-record.ts'

/** A run that fails for good, or that somebody stops, says so; one that is terminated goes on with the next attempt. */
export async function noteFailure(worker: WorkerContext<unknown>, run: RunRecord, thrown: unknown): Promise<void> {
  const error = toStreamForgeError(thrown)
  const reason: unknown = worker.signal.reason
  if (reason instanceof WorkStopped) {
    if (reason.stop.kind === 'stopped') await run.trySave({ status: 'stopped', message: reason.message, finished_at: worker.now() })
  } else if (!error.retryable) await run.trySave(failureOf(error, worker.now()))
}
