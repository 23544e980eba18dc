import type { LiveChannel } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { readSummaries, readWorkflow } from '../read/read-workflows.ts'
import type { Follower, SendPayload } from './live-hub.ts'
import { oneAtATime } from './one-at-a-time.ts'

/** The list of workflows, or one with its queues: first as it is, then whenever it has changed in the store. */
export function followWorkflows(store: Store, channel: Extract<LiveChannel, { kind: 'workflows' | 'workflow' }>, send: SendPayload): Follower {
  return channel.kind === 'workflows' ? followList(store, send) : followOne(store, channel.workflow_id, send)
}

function followList(store: Store, send: SendPayload): Follower {
  let known: Map<string, number> | undefined
  return {
    refresh: oneAtATime(async () => {
      const summaries = await readSummaries(store)
      const before = known
      known = new Map(summaries.map((s) => [s.id, s.version]))
      const changed = summaries.filter((s) => before?.get(s.id) !== s.version)
      const removed = before ? [...before.keys()].filter((id) => !known!.has(id)) : []
      if (!before || changed.length || removed.length) send({ kind: 'workflows', workflows: changed.map((s) => s.value), removed, whole: !before })
    }),
    close: () => undefined,
  }
}

function followOne(store: Store, id: string, send: SendPayload): Follower {
  let version: number | undefined
  return {
    refresh: oneAtATime(async () => {
      const workflow = await readWorkflow(store, id)
      const now = workflow?.version ?? -1
      if (now === version) return
      version = now
      send({ kind: 'workflow', workflow: workflow?.value ?? null })
    }),
    close: () => undefined,
  }
}
