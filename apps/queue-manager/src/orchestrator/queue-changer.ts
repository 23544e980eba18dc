import { isDeepStrictEqual } from 'node:util'
import type { StoredQueue } from '@streamforge/contracts'
import { advance } from '../queue/advance-queue.ts'
import type { HealingView } from '../healing/decide-relaunch.ts'
import type { QueueInput, QueuePolicy } from '../queue/queue-input.ts'
import type { LiveWorkflow, LiveWorkflows } from './live-workflows.ts'
import { serialByKey } from './serial.ts'
import type { WorkflowRecords } from './workflow-records.ts'

export interface QueueChangerOptions {
  live: LiveWorkflows
  records: WorkflowRecords
  policy: QueuePolicy
  healing: () => HealingView | undefined
  now: () => number
  random: () => number
  onConflict: () => void
  /** After the new state is stored. */
  onChanged: (entry: LiveWorkflow, before: StoredQueue, after: StoredQueue) => void
}

/**
 * The only way in which a queue changes: inputs of one queue one after another, the state and its commands in one write that
 * succeeds only if nobody else has written since. Resolves when stored; undefined when there is no such queue.
 */
export type ChangeQueue = (queueId: string, inputs: readonly QueueInput[]) => Promise<StoredQueue | undefined>

export function queueChanger({ live, records, policy, healing, now, random, onConflict, onChanged }: QueueChangerOptions): ChangeQueue {
  const serial = serialByKey()

  const attempt = async (entry: LiveWorkflow, before: StoredQueue, inputs: readonly QueueInput[]) => {
    const context = { now: now(), random, policy, healing: healing() }
    const next = inputs.reduce((queue, input) => advance(queue, input, context).queue, before)
    if (isDeepStrictEqual(next, before)) return before
    const after = { ...next, version: before.version + 1 }
    if (!(await records.saveQueue(after))) return undefined
    entry.queues.set(after.queue_id, after)
    onChanged(entry, before, after)
    return after
  }

  return (queueId, inputs) => serial(queueId, async () => {
    for (;;) {
      const entry = await live.byQueue(queueId)
      const before = entry?.queues.get(queueId)
      if (!entry || !before) return undefined
      entry.holds++
      try {
        const after = await attempt(entry, before, inputs)
        if (after) return after
        onConflict()
        const current = await records.queue(queueId)
        if (!current) return undefined
        entry.queues.set(queueId, current)
      } finally {
        entry.holds--
      }
    }
  })
}
