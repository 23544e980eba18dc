import { isDeepStrictEqual } from 'node:util'
import { targetOf, type Checkpoint, type CoverageCertificate, type WorkerEvent } from '@streamforge/contracts'
import { endJob, failJob, loseJob } from './launch-job.ts'
import { hasEnded, isActive, isCertified, isLive, isStage, type Draft, type StoredJob } from './queue-input.ts'
import { isDraining, loaderEndedShort } from './stop-live-queue.ts'
import { hearShard, isShardDone, shardTotals } from './shard-reports.ts'
import { requestStop } from './stop-queue.ts'

/** What a worker reports, applied to its job. Events of another attempt than the current one change nothing. */
export function applyEvent(draft: Draft, event: WorkerEvent): void {
  const job = draft.queue.jobs.find((j) => j.target === targetOf(event.producer))
  if (!job || event.attempt !== job.attempt || job.status === 'finished' || job.status === 'pending') return
  recordProgress(draft, job, event)
  // Live data is certified while it runs, and by a connector that is stopped.
  if (isLive(draft.queue) && event.certificate) draft.queue.certificate = event.certificate
  // An ended job keeps its state; its counts and checkpoint are still worth having, for a retry goes on from there.
  if (hasEnded(job)) return
  switch (event.status) {
    case 'started':
    case 'loading':
    case 'heartbeat':
      if (isActive(job)) job.status = 'running'
      job.message = event.shard === undefined ? event.message : `shard ${event.shard}: ${event.message}`
      return
    case 'finished': return finish(draft, job, event)
    case 'stopped':
      endJob(draft, job, 'stopped', event.message)
      if (draft.queue.stop_reason === undefined) requestStop(draft, event.message || 'stopped by a stop command')
      return
    case 'error': return applyError(draft, job, event)
    default: event.status satisfies never
  }
}

function applyError(draft: Draft, job: StoredJob, event: WorkerEvent): void {
  const error = event.error ?? { code: 'WORKER_LOST' as const, message: event.message || 'failed without saying why', retryable: true }
  if (draft.queue.stop_reason !== undefined && !isDraining(draft.queue, job)) {
    endJob(draft, job, 'stopped', draft.queue.stop_reason)
    loaderEndedShort(draft, job)
  } else if (!error.retryable) failJob(draft, job, error)
  else if (isActive(job)) loseJob(draft, job, error)
  else job.error = error
}

function finish(draft: Draft, job: StoredJob, event: WorkerEvent): void {
  if (event.shard !== undefined && isActive(job)) job.status = 'running'
  const left = event.shard === undefined ? [] : draft.queue.shards.filter(({ shard }) => !isShardDone(job, shard))
  if (left.length > 0) {
    job.message = `${draft.queue.shards.length - left.length} of ${draft.queue.shards.length} shards finished`
    return
  }
  if (event.certificate) draft.queue.certificate = event.certificate
  if (event.result) draft.queue.result = event.result
  delete job.error
  if (endedEarly(draft, job)) {
    return loseJob(draft, job, { code: 'WORKER_LOST', message: `${job.target} ended while the loader of its live data goes on`, retryable: true })
  }
  const stopping = isLive(draft.queue) && draft.queue.stop_reason !== undefined
  if (job.target === 'arango-connector' && !stopping && !event.certificate?.complete) failJob(draft, job, incompleteError(event))
  else if (isStage(draft.queue) && !isCertified(draft.queue) && !event.result) {
    loseJob(draft, job, { code: 'WORKER_LOST', message: `${job.target} ended without saying what it came to`, retryable: true })
  } else endJob(draft, job, 'finished', event.message)
}

/** A loader that came back after its markers were written: its connector comes back too. */
function endedEarly({ queue }: Draft, job: StoredJob): boolean {
  const loader = queue.jobs.find((j) => j.target === 'loader-producer')
  return isLive(queue) && queue.stop_reason === undefined && job.target === 'arango-connector' && loader !== undefined && !hasEnded(loader)
}

/** Totals and checkpoints only grow: what an attempt reports again after a crash is no progress, more than ever before is. */
function recordProgress(draft: Draft, job: StoredJob, event: WorkerEvent): void {
  const checkpoint = mergeCheckpoints(job.checkpoint, event.checkpoint ?? [])
  if (event.shard !== undefined) hearShard(job, event.shard, event, draft.now)
  const totals = event.shard === undefined ? event : shardTotals(job, draft.queue.shards)
  if (totals.records_written > job.records_written || checkpoint.grew) {
    job.attempts_without_progress = 0
    job.progress_at = draft.now
  } else if (event.metrics && !isDeepStrictEqual(event.metrics, draft.queue.metrics)) job.progress_at = draft.now
  if (event.connected === true) delete job.disconnected_since
  else if (event.connected === false) job.disconnected_since ??= draft.now
  job.checkpoint = checkpoint.merged
  job.records_written = Math.max(job.records_written, totals.records_written)
  job.duplicates = Math.max(job.duplicates, totals.duplicates ?? 0)
  job.dead_lettered = event.dead_lettered ?? job.dead_lettered
  job.last_event_at = draft.now
  if (event.metrics) draft.queue.metrics = event.metrics
  if (totals.records_total !== undefined) draft.queue.records_total ??= totals.records_total
}

export function mergeCheckpoints(known: Checkpoint, reported: Checkpoint): { merged: Checkpoint; grew: boolean } {
  const byShard = new Map(known.map((c) => [c.shard, c]))
  let grew = false
  for (const next of reported) {
    const before = byShard.get(next.shard)
    if (before && (before.done || (!next.done && next.position <= before.position))) continue
    byShard.set(next.shard, next)
    grew = true
  }
  return { merged: [...byShard.values()].sort((a, b) => a.shard - b.shard), grew }
}

function incompleteError({ certificate, symbol, type, workflow_id: id }: WorkerEvent): NonNullable<StoredJob['error']> {
  const path = `POST /workflows/${id ?? '{id}'}/retry`
  const error = (message: string, remedy: string) => ({ code: 'CERTIFICATE_INCOMPLETE' as const, message, remedy, retryable: false })
  if (!certificate) return error(`${symbol} ${type} finished without a coverage certificate`, `${path} certifies again`)
  const message = `${symbol} ${type}: ${describe(certificate)}`
  return certificate.dead_lettered > 0
    ? error(message, `'streamforge deadletter list' shows why; 'streamforge deadletter redrive' sends them again, repaired; then ${path}`)
    : error(message, `${path} loads the range again; records that are there already stay as they are`)
}

function describe(c: CoverageCertificate): string {
  const parts = [`${c.rows_stored} of ${c.rows_expected} ${c.unit} stored`, `${c.missing_at_source} missing at the venue`, `${c.lost} lost`]
  if (c.dead_lettered) parts.push(`${c.dead_lettered} in the dead-letter topic`)
  if (c.foreign) parts.push(`${c.foreign} stored that do not belong to the series`)
  return parts.join(', ')
}
