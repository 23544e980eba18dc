import type { Shard, ShardReport, WorkerEvent } from '@streamforge/contracts'
import type { StoredJob } from './queue-input.ts'

/** Takes in what the worker of one shard tells. Its totals only grow, whatever attempt tells them. */
export function hearShard(job: StoredJob, shard: number, event: WorkerEvent, now: number): void {
  const others = (job.shards ?? []).filter((s) => s.shard !== shard)
  const before = job.shards?.find((s) => s.shard === shard)
  const total = event.records_total ?? before?.records_total
  const report: ShardReport = {
    shard, attempt: event.attempt, last_event_at: now,
    records_written: Math.max(before?.records_written ?? 0, event.records_written),
    duplicates: Math.max(before?.duplicates ?? 0, event.duplicates ?? 0),
    ...(total !== undefined && { records_total: total }),
  }
  job.shards = [...others, report].sort((a, b) => a.shard - b.shard)
}

/** What all shards come to together; how many records there will be is known once each of them knows. */
export function shardTotals(job: StoredJob, shards: readonly Shard[]): Pick<WorkerEvent, 'records_written' | 'duplicates' | 'records_total'> {
  const reports = job.shards ?? []
  const totals = reports.map((r) => r.records_total).filter((t) => t !== undefined)
  return {
    records_written: sum(reports.map((r) => r.records_written)), duplicates: sum(reports.map((r) => r.duplicates)),
    ...(totals.length === shards.length && { records_total: sum(totals) }),
  }
}

export const isShardDone = (job: StoredJob, shard: number) => job.checkpoint.some((c) => c.shard === shard && c.done)

/**
 * When the job was last heard; where its shards have workers of their own, the one not heard for longest, of those that are there and not
 * done. `starting`: none of them is there yet, for which there is more time.
 */
export function lastHeard(job: StoredJob, shards: readonly Shard[]): { at: number; starting: boolean; who: string } {
  const whole = { at: job.last_event_at ?? 0, starting: job.status === 'launching', who: job.target }
  if (!job.shards || job.status === 'launching') return whole
  const working = job.shards.filter((report) => report.attempt === job.attempt && shards.some((s) => s.shard === report.shard) && !isShardDone(job, report.shard))
  const [first, ...rest] = working
  if (!first) return { ...whole, starting: true }
  const quietest = rest.reduce((a, b) => (b.last_event_at < a.last_event_at ? b : a), first)
  return { at: quietest.last_event_at, starting: false, who: `${job.target}, shard ${quietest.shard}` }
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
