import { StreamForgeError, WorkflowId, type StoredQueue, type StoredWorkflow } from '@streamforge/contracts'
import { hasEnded } from '../queue/queue-input.ts'
import { replayReport } from '../plan/replay-report.ts'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import type { WorkflowActions } from '../orchestrator/workflow-actions.ts'
import { publicQueue, publicSummary, type FeedMessage } from '../orchestrator/workflow-feed.ts'
import type { WorkflowRecords } from '../orchestrator/workflow-records.ts'

/** What the API asks for: of the orchestrator where this process leads, of the store where another does. */
export type WorkflowService = WorkflowActions & Pick<Orchestrator, 'records'>

export const standsBy = () => new StreamForgeError('NOT_LEADER', 'this queue-manager stands by: another one changes workflows', { remedy: 'ask again in a moment' })

export interface StandByOptions {
  records: WorkflowRecords
  /** Milliseconds between looks for those who follow a workflow; default 1000. */
  pollMs?: number
}

/** Answers what can be answered from the store and refuses the rest. Nothing is kept: the next answer is as new as the store. */
export function standBy({ records, pollMs = 1_000 }: StandByOptions): WorkflowService {
  const find = async (id: string): Promise<{ workflow: StoredWorkflow; queues: StoredQueue[] }> => {
    const workflow = WorkflowId.safeParse(id).success ? await records.workflow(id) : undefined
    if (!workflow) throw new StreamForgeError('NOT_FOUND', `there is no workflow '${id}'`, { remedy: 'GET /workflows lists them' })
    return { workflow, queues: await records.queuesOf(id) }
  }
  const refuse = () => Promise.reject(standsBy())
  return {
    records, create: refuse, replay: refuse, stop: refuse, retry: refuse, remove: refuse,
    async report(id) {
      const { workflow, queues } = await find(id)
      return replayReport(workflow, queues)
    },
    async workflow(id) {
      const { workflow, queues } = await find(id)
      return { ...publicSummary(workflow), queues: queues.map(publicQueue) }
    },
    async follow(id, listener) {
      let known = await find(id)
      let looking = false
      const timer = setInterval(() => {
        if (looking) return
        looking = true
        // A store that is away, or a workflow that was deleted: the next look, or the follower itself, finds out.
        find(id).then((found) => {
          const message = changesSince(known, found)
          known = found
          if (message) listener(message)
        }, () => undefined).finally(() => { looking = false })
      }, pollMs)
      return { now: messageOf(known.workflow, known.queues), unsubscribe: () => clearInterval(timer) }
    },
  }
}

/** The leader's actions while this process leads, otherwise those of one that stands by. */
export function whoeverLeads(standing: WorkflowService, leading: () => WorkflowService | undefined): WorkflowService {
  const now = () => leading() ?? standing
  return {
    get records() { return now().records },
    create: (request, by) => now().create(request, by), replay: (id, by) => now().replay(id, by), report: (id) => now().report(id), workflow: (id) => now().workflow(id),
    stop: (id, reason) => now().stop(id, reason), retry: (id, by) => now().retry(id, by), remove: (id, options) => now().remove(id, options),
    follow: (id, listener) => now().follow(id, listener),
  }
}

const messageOf = (workflow: StoredWorkflow, queues: readonly StoredQueue[]): FeedMessage => ({
  id: `${workflow.version}-${workflow.updated_at}`, update: { workflow: publicSummary(workflow), queues: queues.map(publicQueue) }, ended: hasEnded(workflow),
})

function changesSince(before: { workflow: StoredWorkflow; queues: readonly StoredQueue[] }, now: { workflow: StoredWorkflow; queues: readonly StoredQueue[] }): FeedMessage | undefined {
  const versions = new Map(before.queues.map(({ queue_id, version }) => [queue_id, version]))
  const changed = now.queues.filter(({ queue_id, version }) => versions.get(queue_id) !== version)
  return changed.length > 0 || now.workflow.version !== before.workflow.version ? messageOf(now.workflow, changed) : undefined
}
