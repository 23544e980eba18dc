import type { Queue, StageProgress, StoredQueue, StoredWorkflow, Target, WorkflowStatus } from '@streamforge/contracts'
import { hasEnded } from '../queue/queue-input.ts'
import { observeRate } from './smooth-rate.ts'

type JobStatus = StageProgress['status']

/** A workflow's state, worked out from its queues: pure, and the same whoever asks when. */
export function advanceWorkflow(workflow: StoredWorkflow, queues: readonly StoredQueue[], now: number): StoredWorkflow {
  const status = workflowStatus(queues, workflow.stop_reason !== undefined)
  const targets = [...new Set(queues.flatMap((q) => q.jobs.map((j) => j.target)))]
  const rates: StoredWorkflow['rates'] = {}
  const stages = targets.map((target) => {
    const { stage, rate } = stageProgress(target, queues, workflow.rates[target])
    rates[target] = rate
    return stage
  })
  const started = earliest(queues.flatMap((q) => q.jobs.map((j) => j.started_at)))
  const { reason: _reason, finished_at: _finished, started_at: _started, ...rest } = workflow
  const reason = workflowReason(status, queues, workflow.stop_reason)
  return {
    ...rest, status, stages, rates, updated_at: now,
    ...(started !== undefined && { started_at: started }),
    ...(hasEnded({ status }) && { finished_at: Math.max(...queues.map((q) => q.ended_at ?? workflow.created_at)) }),
    ...(reason !== undefined && { reason }),
  }
}

function workflowStatus(queues: readonly Queue[], stopRequested: boolean): WorkflowStatus {
  const has = (status: Queue['status']) => queues.some((q) => q.status === status)
  if (has('running')) return stopRequested ? 'stopping' : 'running'
  if (has('pending')) return queues.every((q) => q.status === 'pending' && q.jobs.every((j) => j.attempt === 0)) ? 'pending' : 'running'
  if (has('failed')) return 'failed'
  return has('stopped') ? 'stopped' : 'finished'
}

function workflowReason(status: WorkflowStatus, queues: readonly Queue[], stopReason: string | undefined): string | undefined {
  if (status === 'stopping' || status === 'stopped') return stopReason ?? queues.flatMap((q) => q.jobs).find((j) => j.status === 'stopped')?.message
  const failed = queues.filter((q) => q.status === 'failed')
  const error = failed[0]?.jobs.find((j) => j.status === 'failed')?.error
  if (!error) return undefined
  const what = `${error.code}: ${error.message}${error.remedy ? `. ${error.remedy[0]!.toUpperCase()}${error.remedy.slice(1)}` : ''}`
  return queues.length === 1 ? what : `${failed.length} of ${queues.length} queues failed, the first with ${what}`
}

function stageProgress(target: Target, queues: readonly StoredQueue[], before: StoredWorkflow['rates'][Target]) {
  const parts = queues.flatMap((queue) => queue.jobs.filter((j) => j.target === target).map((job) => ({ queue, job })))
  const jobs = parts.map((p) => p.job)
  const written = sum(jobs.map((j) => j.records_written))
  const status = stageStatus(jobs.map((j) => j.status))
  // A total is known when every part's is; a finished part's is what it wrote.
  const totals = parts.map(({ queue, job }) => (job.status === 'finished' ? job.records_written : queue.records_total))
  const total = totals.every((t) => t !== undefined) ? Math.max(written, sum(totals.map((t) => t ?? 0))) : undefined
  const heard = Math.max(...jobs.map((j) => j.last_event_at ?? 0))
  const rate = observeRate(before, written, heard)
  const shown = hasEnded({ status }) ? meanRate(jobs, written) : rate.rate
  const stage: StageProgress = {
    stage: target, status, records_written: written, rate: Math.round(shown * 10) / 10,
    queues_finished: jobs.filter((j) => j.status === 'finished').length, queues_total: jobs.length,
    ...(total !== undefined && { records_total: total }),
    ...(total !== undefined && shown > 0 && !hasEnded({ status }) && { eta_seconds: Math.round(((total - written) / shown) * 10) / 10 }),
  }
  return { stage, rate }
}

function stageStatus(statuses: readonly JobStatus[]): JobStatus {
  const has = (status: JobStatus) => statuses.includes(status)
  for (const status of ['running', 'launching', 'waiting'] as const) if (has(status)) return status
  if (has('pending')) return statuses.every((s) => s === 'pending') ? 'pending' : 'running'
  if (has('failed')) return 'failed'
  return has('stopped') ? 'stopped' : 'finished'
}

function meanRate(jobs: readonly Queue['jobs'][number][], written: number): number {
  const started = earliest(jobs.map((j) => j.started_at))
  const ended = Math.max(...jobs.map((j) => j.finished_at ?? 0))
  return started === undefined || ended <= started ? 0 : (written * 1000) / (ended - started)
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
function earliest(times: readonly (number | undefined)[]): number | undefined {
  let first: number | undefined
  for (const time of times) if (time !== undefined && (first === undefined || time < first)) first = time
  return first
}
