import type { StoredQueue } from '@streamforge/contracts'
import { hasEnded } from '../queue/queue-input.ts'
import { advanceWorkflow } from '../workflow/advance-workflow.ts'
import type { LiveWorkflow, LiveWorkflows } from './live-workflows.ts'
import { serialByKey } from './serial.ts'
import { publicQueue, publicSummary, type FeedMessage, type WorkflowFeed } from './workflow-feed.ts'
import type { WorkflowRecords } from './workflow-records.ts'

export interface WorkflowRefresher {
  /** A queue of the workflow has changed: tell the followers soon, store it soon; at once when the workflow's status changes. */
  changed(entry: LiveWorkflow, queue: StoredQueue): void
  /** Brings the workflow up to date with its queues and stores it. `change` is applied first. */
  save(entry: LiveWorkflow, change?: Partial<LiveWorkflow['workflow']>): Promise<void>
  message(entry: LiveWorkflow, queues: Iterable<StoredQueue>): FeedMessage
  /** Stores what is not stored yet. */
  close(): Promise<void>
}

export interface RefresherOptions {
  live: LiveWorkflows
  records: WorkflowRecords
  feed: WorkflowFeed
  now: () => number
  onError: (error: unknown) => void
  /** Followers hear at most every so many milliseconds; default 100. */
  tellMs?: number
  /** Progress is stored at most every so many milliseconds; default 2000. Status changes don't wait. */
  storeMs?: number
}

export function workflowRefresher({ live, records, feed, now, onError, tellMs = 100, storeMs = 2_000 }: RefresherOptions): WorkflowRefresher {
  const serial = serialByKey()
  const waiting = new Map<string, { timer: NodeJS.Timeout; queues: Set<string> }>()
  const storedAt = new Map<string, number>()

  const message = (entry: LiveWorkflow, queues: Iterable<StoredQueue>): FeedMessage => ({
    id: `${entry.workflow.version}-${entry.workflow.updated_at}`,
    update: { workflow: publicSummary(entry.workflow), queues: [...queues].map(publicQueue) },
    ended: hasEnded(entry.workflow),
  })

  const store = (entry: LiveWorkflow, change: Partial<LiveWorkflow['workflow']>) => serial(entry.workflow.workflow_id, async () => {
    for (;;) {
      const { version } = entry.workflow
      const next = { ...advanceWorkflow({ ...entry.workflow, ...change }, [...entry.queues.values()], now()), version: version + 1 }
      if (await records.saveWorkflow(next)) {
        storedAt.set(next.workflow_id, now())
        entry.workflow = next
        return
      }
      const current = await records.workflow(entry.workflow.workflow_id)
      // Deleted meanwhile.
      if (!current) return live.drop(entry.workflow.workflow_id)
      entry.workflow = current
    }
  })

  const refresh = async (entry: LiveWorkflow, queueIds: Iterable<string>) => {
    const id = entry.workflow.workflow_id
    const before = entry.workflow
    const next = advanceWorkflow(before, [...entry.queues.values()], now())
    if (next.status !== before.status || now() - (storedAt.get(id) ?? 0) >= storeMs) await store(entry, {})
    else entry.workflow = next
    if (hasEnded(entry.workflow)) storedAt.delete(id)
    const queues = [...queueIds].flatMap((q) => entry.queues.get(q) ?? [])
    feed.publish(id, message(entry, queues))
  }

  const flush = async (entry: LiveWorkflow) => {
    const id = entry.workflow.workflow_id
    const pending = waiting.get(id)
    clearTimeout(pending?.timer)
    waiting.delete(id)
    await refresh(entry, pending?.queues ?? [])
  }

  return {
    message,
    changed(entry, queue) {
      const id = entry.workflow.workflow_id
      const pending = waiting.get(id)
      if (pending) return void pending.queues.add(queue.queue_id)
      const timer = setTimeout(() => void flush(entry).catch((error: unknown) => {
        onError(error)
        this.changed(entry, queue)
      }), tellMs)
      waiting.set(id, { timer, queues: new Set([queue.queue_id]) })
    },
    async save(entry, change = {}) {
      await store(entry, change)
      feed.publish(entry.workflow.workflow_id, message(entry, []))
    },
    async close() {
      const ids = [...waiting.keys()]
      for (const { timer } of waiting.values()) clearTimeout(timer)
      waiting.clear()
      for (const entry of live.all()) if (ids.includes(entry.workflow.workflow_id)) await store(entry, {}).catch(onError)
    },
  }
}
