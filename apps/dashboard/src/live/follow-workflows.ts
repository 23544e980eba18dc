import type { LiveChannel, Workflow, WorkflowSummary } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { readSummaries, readWorkflow, type Versioned } from '../read/read-workflows.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { ChannelSource, Publish } from './share-channel.ts'

/** The list of workflows: first as it is, then what has changed in the store. */
export function followWorkflowList(store: Store, publish: Publish): ChannelSource {
  let known: Versioned<WorkflowSummary>[] = []
  const refresh = oneAtATime(async () => {
    const summaries = await readSummaries(store)
    const before = new Map(known.map((s) => [s.id, s.version]))
    known = summaries
    const changed = summaries.filter((s) => before.get(s.id) !== s.version)
    const now = new Set(summaries.map((s) => s.id))
    const removed = [...before.keys()].filter((id) => !now.has(id))
    if (changed.length || removed.length) publish({ kind: 'workflows', workflows: changed.map((s) => s.value), removed, whole: false })
  })
  return {
    refresh,
    async answer() {
      await refresh()
      return () => ({ kind: 'workflows', workflows: known.map((s) => s.value), removed: [], whole: true })
    },
    close: () => undefined,
  }
}

/** One workflow with its queues: first as it is, then whenever it has changed. */
export function followWorkflow(store: Store, { workflow_id: id }: Extract<LiveChannel, { kind: 'workflow' }>, publish: Publish): ChannelSource {
  let known: Versioned<Workflow> | undefined
  const payload = () => ({ kind: 'workflow' as const, workflow: known?.value ?? null })
  const refresh = oneAtATime(async () => {
    const before = known?.version
    known = await readWorkflow(store, id)
    if (known?.version !== before) publish(payload())
  })
  return {
    refresh,
    async answer() {
      await refresh()
      return payload
    },
    close: () => undefined,
  }
}
