import type { StoredQueue } from '@streamforge/contracts'
import type { Launcher } from '@streamforge/launcher'
import type { ChangeQueue } from './queue-changer.ts'
import type { WorkflowRecords } from './workflow-records.ts'

export interface RetentionOptions {
  records: WorkflowRecords
  launcher: Launcher
  change: ChangeQueue
  /** Whether a replay still reads the topic of a queue. */
  isReplayed: (queueId: string) => boolean
  /** Milliseconds since the epoch. */
  now: number
  topicRetentionMs: number
  deadLetterRetentionMs: number
}

/** Whether a queue's data topic has outlived its use. One with messages in `dead-letters` waits longer: a redrive needs it. */
export function topicIsDue(queue: StoredQueue, { now, topicRetentionMs, deadLetterRetentionMs }: Omit<RetentionOptions, 'records' | 'launcher' | 'change' | 'isReplayed'>): boolean {
  if (queue.ended_at === undefined || queue.topic_deleted) return false
  const unresolved = queue.certificate?.complete !== true && queue.jobs.some((j) => j.dead_lettered > 0)
  return now - queue.ended_at > (unresolved ? Math.max(topicRetentionMs, deadLetterRetentionMs) : topicRetentionMs)
}

const atMost = 1_000

/** Deletes the topics of queues that ended long enough ago, and what the launcher keeps of their jobs. Resolves with how many. */
export async function sweepTopics(options: RetentionOptions): Promise<number> {
  const { records, launcher, change, now, topicRetentionMs } = options
  const due = (await records.queuesWithTopic(now - topicRetentionMs, atMost)).filter((q) => topicIsDue(q, options) && !options.isReplayed(q.queue_id))
  if (!due.length) return 0
  for (const queue of due) await change(queue.queue_id, [{ kind: 'delete-topic' }])
  await forgetJobs(launcher, new Set(due.map((q) => q.queue_id)))
  return due.length
}

export async function forgetJobs(launcher: Launcher, queueIds: ReadonlySet<string>): Promise<void> {
  for (const job of await launcher.list()) {
    if (queueIds.has(job.queue_id) && job.state.status !== 'running') await launcher.forget(job)
  }
}
