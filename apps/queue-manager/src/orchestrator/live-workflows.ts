import type { StoredQueue, StoredWorkflow } from '@streamforge/contracts'
import { hasEnded } from '../queue/queue-input.ts'
import { serialByKey } from './serial.ts'
import type { WorkflowRecords } from './workflow-records.ts'

/** A workflow in memory, as it is in the store or newer. */
export interface LiveWorkflow {
  workflow: StoredWorkflow
  readonly queues: Map<string, StoredQueue>
  /** Something wants it kept in memory: a subscriber, a change under way. */
  holds: number
  usedAt: number
}

/** The workflows in memory: all that have not ended, and ended ones for a while after somebody asked. */
export interface LiveWorkflows {
  /** Loads it when needed. Undefined: there is none. */
  byId(id: string): Promise<LiveWorkflow | undefined>
  byQueue(queueId: string): Promise<LiveWorkflow | undefined>
  add(workflow: StoredWorkflow, queues: readonly StoredQueue[]): LiveWorkflow
  drop(id: string): void
  /** What is in memory already. */
  peek(id: string): LiveWorkflow | undefined
  /** In order of creation. */
  all(): LiveWorkflow[]
  /** Forgets ended workflows that nobody has asked for within so many milliseconds. */
  evict(idleMs: number): void
}

const knownStrangers = 10_000

export function liveWorkflows(records: WorkflowRecords, now: () => number): LiveWorkflows {
  const live = new Map<string, LiveWorkflow>()
  const byQueue = new Map<string, string>()
  /** Queue ids without a document, so that a topic full of a removed workflow's events does not ask the store for each. */
  const strangers = new Set<string>()
  const loading = serialByKey()

  const add = (workflow: StoredWorkflow, queues: readonly StoredQueue[]): LiveWorkflow => {
    // Of one that is being created and one that is being loaded at the same moment there is one entry.
    const there = live.get(workflow.workflow_id)
    if (there) return there
    const entry = { workflow, queues: new Map(queues.map((q) => [q.queue_id, q])), holds: 0, usedAt: now() }
    live.set(workflow.workflow_id, entry)
    for (const queue of queues) {
      byQueue.set(queue.queue_id, workflow.workflow_id)
      strangers.delete(queue.queue_id)
    }
    return entry
  }
  const drop = (id: string) => {
    for (const queueId of live.get(id)?.queues.keys() ?? []) byQueue.delete(queueId)
    live.delete(id)
  }
  const byId = (id: string) => loading(id, async () => {
    const entry = live.get(id)
    if (entry) {
      entry.usedAt = now()
      return entry
    }
    const workflow = await records.workflow(id)
    return workflow && add(workflow, await records.queuesOf(id))
  })
  return {
    byId, add, drop,
    peek: (id) => live.get(id),
    async byQueue(queueId) {
      if (strangers.has(queueId)) return undefined
      const workflowId = byQueue.get(queueId) ?? (await records.queue(queueId))?.workflow_id
      const entry = workflowId === undefined ? undefined : await byId(workflowId)
      if (entry?.queues.has(queueId)) return entry
      if (strangers.size >= knownStrangers) strangers.clear()
      strangers.add(queueId)
      return undefined
    },
    all: () => [...live.values()].sort((a, b) => (a.workflow.position < b.workflow.position ? -1 : 1)),
    evict(idleMs) {
      for (const [id, { workflow, queues, holds, usedAt }] of live) {
        if (holds > 0 || now() - usedAt < idleMs || !hasEnded(workflow)) continue
        if (![...queues.values()].some((q) => q.has_outbox || !hasEnded(q))) drop(id)
      }
    },
  }
}
