import { publishMessages, type Bus } from '@streamforge/bus'
import { catalog, StreamForgeError, toStreamForgeError, type ErrorCode, type HealingDecision, type QueueCommand, type StartCommand, type StoredQueue, type Target } from '@streamforge/contracts'
import type { JobName, Launcher } from '@streamforge/launcher'
import type { Store } from '@streamforge/store'
import type { Leadership } from '../leadership/fencing.ts'
import { recordHealing } from '../healing/decision-records.ts'
import type { QueueInput } from '../queue/queue-input.ts'
import type { Launch } from './launch-together.ts'
import { traceHeaders } from './trace-plan.ts'

export interface CommandTools {
  bus: Bus
  store: Store
  launcher: Launcher
  launch: Launch
  leadership: Leadership
  onDecision: (decision: HealingDecision) => void
  /** Whether a job is taken for running: its process may live on for others after it has ended. */
  goesOn: (job: JobName) => Promise<boolean>
  now: () => number
  /** Partitions of a data topic. */
  dataPartitions: number
  onLaunch: (target: string, attempt: number) => void
}

/** The consumer group of a queue's connector. It goes with the topic: its offsets mean nothing on the next one of that name. */
export const connectorGroup = (queueId: string) => `arango-connector.${queueId}`

/**
 * Does what a command says; doing it again changes nothing. Resolves with what came of it for the queue.
 * @throws StreamForgeError when the bus, the store or the launcher is away: the command stays in the outbox
 */
export async function carryOut(command: QueueCommand, queue: StoredQueue, tools: CommandTools): Promise<QueueInput[]> {
  const { bus } = tools
  tools.leadership.assertHeld()
  switch (command.do) {
    case 'create-topic':
      await bus.admin.createTopic({ name: command.topic, partitions: command.partitions ?? tools.dataPartitions })
      return []
    case 'delete-topic':
      await deleteDataTopic(command.topic, queue.queue_id, tools)
      return []
    case 'forget-reading':
      await forgetReading(queue.queue_id, tools)
      return []
    case 'publish':
      await publishMessages(bus, catalog['queue-control'], [command.message], { headers: traceHeaders(queue) })
      return []
    case 'record':
      await recordHealing(command.decision, tools)
      tools.onDecision(command.decision)
      return []
    case 'launch': return launch(command.start, queue, tools)
    case 'cancel': {
      const { target, attempt } = command
      await cancel({ queue_id: queue.queue_id, target, attempt }, command.grace_ms, tools)
      return [{ kind: 'exited', target, attempt, state: { status: 'failed', exitCode: undefined, signal: undefined, reason: 'cancelled' } }]
    }
    default: return command satisfies never
  }
}

/** A process that others share is left to them: the worker is told to end its part. */
async function cancel(job: JobName & { target: Target }, graceMs: number, { bus, launcher, goesOn, now }: CommandTools): Promise<void> {
  const mates = await Promise.all((await launcher.processMates?.(job) ?? []).map(goesOn))
  const shared = mates.includes(true)
  if (shared) await publishMessages(bus, catalog['queue-control'], [{ command: 'stop', ...job, reason: 'cancelled', timestamp: now() / 1000 }])
  await launcher.cancel(job, { graceMs, endProcess: !shared })
}

async function launch(start: StartCommand, queue: StoredQueue, tools: CommandTools): Promise<QueueInput[]> {
  const { target, attempt } = start
  try {
    await tools.launch(start, queue)
    tools.onLaunch(target, attempt)
    return []
  } catch (thrown) {
    const { code, message, remedy, retryable } = toStreamForgeError(thrown, 'LAUNCH_FAILED')
    // Nothing was launched and nothing refused: no attempt is over.
    if (code === 'LAUNCHER_UNAVAILABLE' || code === 'NOT_LEADER') throw thrown
    return [{ kind: 'launch-failed', target, attempt, error: { code, message, retryable, ...(remedy !== undefined && { remedy }) } }]
  }
}

/**
 * Deletes a data topic with what is known of the reading of it: committed offsets and markers seen.
 * @throws StreamForgeError CONFLICT while a connector that was killed is still taken for a member of its group
 */
export async function deleteDataTopic(topic: string, queueId: string, tools: Pick<CommandTools, 'bus' | 'store'>): Promise<void> {
  await tools.bus.admin.deleteTopic(topic).catch(unlessCode('TOPIC_NOT_FOUND'))
  await forgetReading(queueId, tools)
}

/**
 * What a queue's workers know of how far its topic was written and read: without it, they begin anew.
 * @throws StreamForgeError CONFLICT as above
 */
export async function forgetReading(queueId: string, { bus, store }: Pick<CommandTools, 'bus' | 'store'>): Promise<void> {
  await deleteWhere(store, 'stream_markers', queueId)
  await deleteWhere(store, 'feature_state', queueId)
  await bus.admin.deleteGroup(connectorGroup(queueId)).catch((error: unknown) => {
    if (error instanceof StreamForgeError && error.code === 'CONFLICT') throw error
    // A group that is not there is as good as deleted.
  })
}

export function unlessCode(code: ErrorCode) {
  return (error: unknown): undefined => {
    if (!(error instanceof StreamForgeError && error.code === code)) throw error
  }
}

export async function deleteWhere(store: Store, collection: string, queueId: string): Promise<void> {
  for (;;) {
    const found = await store.find(collection, { where: { queue_id: queueId }, limit: 1000 }).catch(unlessCode('COLLECTION_NOT_FOUND')) ?? []
    if (!found.length) return
    await store.deleteKeys(collection, found.map((d) => d._key))
  }
}
