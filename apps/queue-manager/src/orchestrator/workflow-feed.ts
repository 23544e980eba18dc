import { WorkflowSummary, type Queue, type StoredQueue, type StoredWorkflow, type WorkflowUpdate } from '@streamforge/contracts'

/** A queue as the API shows it: without what only the orchestrator needs. */
export function publicQueue(stored: StoredQueue): Queue {
  const {
    _key, version: _v, epoch: _f, position: _p, max_attempts: _m, source: _s, stop_reason: _r, traceparent: _tp, stop_stage: _t, stop_stage_at: _a, ended_at: _e, relaunches: _rl,
    outbox: _o, has_outbox: _h, next_command: _n, ...queue
  } = stored
  return queue
}

const summaryFields = Object.keys(WorkflowSummary.shape) as (keyof WorkflowSummary)[]

export function publicSummary(stored: StoredWorkflow): WorkflowSummary {
  return Object.fromEntries(summaryFields.filter((f) => stored[f] !== undefined).map((f) => [f, stored[f]])) as WorkflowSummary
}

export interface FeedMessage {
  /** Changes whenever the state has. */
  id: string
  update: WorkflowUpdate
  ended: boolean
}

/** Who follows which workflow. */
export interface WorkflowFeed {
  subscribe(workflowId: string, listener: (message: FeedMessage) => void): () => void
  hasListeners(workflowId: string): boolean
  publish(workflowId: string, message: FeedMessage): void
}

export function workflowFeed(): WorkflowFeed {
  const listeners = new Map<string, Set<(message: FeedMessage) => void>>()
  return {
    subscribe(id, listener) {
      const set = listeners.get(id) ?? new Set()
      listeners.set(id, set.add(listener))
      return () => {
        set.delete(listener)
        if (!set.size && listeners.get(id) === set) listeners.delete(id)
      }
    },
    hasListeners: (id) => listeners.has(id),
    publish: (id, message) => listeners.get(id)?.forEach((listener) => listener(message)),
  }
}
