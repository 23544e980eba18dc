import { StreamForgeError } from '@streamforge/contracts'
import type { Launcher } from '@streamforge/launcher'
import type { Lease } from '@streamforge/store'
import type { LiveWorkflow } from '../orchestrator/live-workflows.ts'
import type { WorkflowRecords } from '../orchestrator/workflow-records.ts'
import { hasEnded } from '../queue/queue-input.ts'

/** By which right this process changes workflows. */
export type Leadership = Pick<Lease, 'epoch' | 'assertHeld'>

/** Where nobody else could. */
export const undisputed: Leadership = { epoch: 0, assertHeld: () => undefined }

/**
 * Records that only the leader can change. Every document carries the epoch of who wrote it, and a leader writes its own into each that it
 * takes over: what an earlier one, paused at any place and woken, then writes meets another version and is refused; reading again, it sees why.
 */
export function fencedRecords(records: WorkflowRecords, { epoch, assertHeld }: Leadership): WorkflowRecords {
  const stamped = <T extends object>(document: T): T => (epoch === 0 ? document : { ...document, epoch })
  const own = <T extends { _key: string; epoch?: number | undefined }>(document: T | undefined): T | undefined => {
    if (document?.epoch !== undefined && document.epoch > epoch) {
      throw new StreamForgeError('NOT_LEADER', `${document._key} belongs to epoch ${document.epoch}; this process has led in epoch ${epoch}`, { remedy: 'ask again: another process leads now' })
    }
    return document
  }
  return {
    ...records,
    insert({ workflow, queues, ...plan }) {
      assertHeld()
      return records.insert({ ...plan, workflow: stamped(workflow), queues: queues.map(stamped) })
    },
    workflow: async (id) => own(await records.workflow(id)),
    queue: async (id) => own(await records.queue(id)),
    async queuesOf(id) {
      const queues = await records.queuesOf(id)
      queues.forEach(own)
      return queues
    },
    async saveQueue(queue) {
      assertHeld()
      return records.saveQueue(stamped(queue))
    },
    async saveWorkflow(workflow) {
      assertHeld()
      return records.saveWorkflow(stamped(workflow))
    },
    async remove(id, queueIds) {
      assertHeld()
      await records.remove(id, queueIds)
    },
  }
}

/** A launcher that only the leader can use to change something. */
export function fencedLauncher(launcher: Launcher, { assertHeld }: Leadership): Launcher {
  const guarded = <A extends unknown[], R>(task: (...args: A) => Promise<R>) => async (...args: A): Promise<R> => {
    assertHeld()
    return task(...args)
  }
  return {
    ...launcher,
    launch: guarded(launcher.launch), cancel: guarded(launcher.cancel), forget: guarded(launcher.forget),
    ...(launcher.launchGroup && { launchGroup: guarded(launcher.launchGroup) }),
  }
}

const atOnce = 32

/** Writes the own epoch into everything of a workflow that may still change. Resolves with how many documents were another's. */
export async function claimWorkflow(entry: LiveWorkflow, records: WorkflowRecords, { epoch }: Leadership): Promise<number> {
  const queues = [...entry.queues.values()].filter((queue) => (queue.epoch ?? 0) !== epoch && (!hasEnded(queue) || queue.has_outbox))
  for (let i = 0; i < queues.length; i += atOnce) await Promise.all(queues.slice(i, i + atOnce).map((queue) => claimQueue(entry, queue.queue_id, records)))
  if ((entry.workflow.epoch ?? 0) === epoch) return queues.length
  for (;;) {
    const next = { ...entry.workflow, version: entry.workflow.version + 1 }
    if (await records.saveWorkflow(next)) {
      entry.workflow = next
      return queues.length + 1
    }
    const current = await records.workflow(next.workflow_id)
    if (!current) return queues.length
    entry.workflow = current
  }
}

async function claimQueue(entry: LiveWorkflow, queueId: string, records: WorkflowRecords): Promise<void> {
  for (let queue = entry.queues.get(queueId); queue; queue = await records.queue(queueId)) {
    const next = { ...queue, version: queue.version + 1 }
    if (!(await records.saveQueue(next))) continue
    entry.queues.set(queueId, next)
    return
  }
  entry.queues.delete(queueId)
}
