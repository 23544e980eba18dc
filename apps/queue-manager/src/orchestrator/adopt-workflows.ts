import { claimWorkflow } from '../leadership/fencing.ts'
import type { LiveWorkflow } from './live-workflows.ts'
import type { OrchestratorParts } from './orchestrator-parts.ts'

type AdoptingParts = Pick<OrchestratorParts, 'records' | 'live' | 'leadership'>

/** Takes all workflows that have something left to be done into memory, and under the own epoch. Resolves with those that were not there yet. */
export async function adoptWorkflows({ records, live, leadership }: AdoptingParts): Promise<LiveWorkflow[]> {
  const known = new Set(live.all().map(({ workflow }) => workflow.workflow_id))
  const adopted: LiveWorkflow[] = []
  for (const id of await records.unfinishedWorkflowIds()) {
    if (known.has(id)) continue
    const entry = await live.byId(id)
    if (!entry) continue
    await claimWorkflow(entry, records, leadership)
    adopted.push(entry)
  }
  return adopted
}

export function kickOutboxes(entry: LiveWorkflow, { kick }: Pick<OrchestratorParts, 'kick'>): void {
  for (const queue of entry.queues.values()) if (queue.has_outbox) kick(queue.queue_id)
}
