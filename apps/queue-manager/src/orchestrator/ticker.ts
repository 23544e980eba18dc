import { advance } from '../queue/advance-queue.ts'
import type { QueueInput } from '../queue/queue-input.ts'
import { heartbeatsOfSilence } from '../queue/silence.ts'
import type { OrchestratorParts } from './orchestrator-parts.ts'
import { jobReconciler } from '../healing/reconcile-jobs.ts'
import { adoptWorkflows, kickOutboxes } from './adopt-workflows.ts'
import { ListeningTime } from './listening-time.ts'
import { meetLiveQueues } from './meet-live-queues.ts'
import { isReplayed } from './replayed-topics.ts'
import { sweepTopics } from './topic-retention.ts'
import { trimLiveTopics } from './trim-live-topics.ts'
import { watchBus } from './watch-bus.ts'

const retentionSweepMs = 60_000
const trimMs = 600_000
const evictIdleMs = 60_000
const reconcileMs = 30_000

export interface Ticker {
  /** From now on jobs that say nothing are taken for lost, and lost ones are launched again. */
  listen(): void
  close(): Promise<void>
}

/** What happens because time passes: relaunches, silence noticed, topics swept, memory freed. */
export function startTicker(parts: OrchestratorParts): Ticker {
  const { options, live, admit } = parts
  const { now } = options
  /** Undefined until the events of the time before have been read: a job that seems lost may have finished long ago. */
  let listening: ListeningTime | undefined
  let lastSweep = 0
  let sweep: Promise<void> = Promise.resolve()
  let lastTrim = 0
  let trim: Promise<void> | undefined
  let meeting: Promise<void> | undefined
  const reconcile = jobReconciler(parts)
  const hearing = watchBus(options)
  let lastReconciled = now()
  let reconciling: Promise<void> | undefined

  const timer = setInterval(() => {
    const at = now()
    if (listening) {
      parts.healing.tick(at)
      tickQueues(parts, { kind: 'tick', ...listening.tick(at, hearing.awayMs()) }, at)
      meeting ??= meetLiveQueues(parts, at)
        .catch((err: unknown) => options.log.warn({ err }, 'looking for where live data began failed; trying again'))
        .finally(() => { meeting = undefined })
      admit()
    }
    live.evict(evictIdleMs)
    if (listening && at - lastReconciled >= (options.reconcileMs ?? reconcileMs) && !reconciling) {
      lastReconciled = at
      reconciling = reconcile().finally(() => { reconciling = undefined })
    }
    if (at - lastTrim >= (options.trimMs ?? trimMs) && !trim) {
      lastTrim = at
      trim = trimAndLog(parts, at).finally(() => { trim = undefined })
    }
    if (at - lastSweep < retentionSweepMs) return
    const first = lastSweep === 0
    lastSweep = at
    // At the start they have just been looked for.
    sweep = sweepAndLog(parts, at).then(() => (first ? undefined : adoptStrays(parts)))
  }, options.tickMs ?? 250)

  return {
    listen: () => { listening = new ListeningTime(now(), options.policy.silenceMs / heartbeatsOfSilence) },
    async close() {
      clearInterval(timer)
      await hearing.close()
      await sweep
      await trim
      await meeting
      await reconciling
    },
  }
}

/** Only queues for which the time means something are changed; the others are not even written. */
function tickQueues({ options, live, healing, insist }: OrchestratorParts, input: QueueInput, now: number): void {
  for (const entry of live.all()) {
    for (const queue of entry.queues.values()) {
      if (queue.status !== 'running') continue
      const { commands, queue: next } = advance(queue, input, { now, random: options.random, policy: options.policy, healing: healing.view })
      if (commands.length || next.status !== queue.status) insist(queue.queue_id, input)
    }
  }
}

async function sweepAndLog({ options, records, change, live }: OrchestratorParts, now: number): Promise<void> {
  const { log } = options
  try {
    const topics = await sweepTopics({ ...options, records, change, now, isReplayed: (queueId) => isReplayed([queueId], live) })
    if (topics) log.info({ topics }, 'deleted data topics that had outlived their queues')
  } catch (err) {
    log.warn({ err }, 'the sweep of data topics failed')
  }
}

/** What was stored by a process that no longer leads, at its last moment: nobody looks after it yet. */
async function adoptStrays(parts: OrchestratorParts): Promise<void> {
  try {
    const strays = await adoptWorkflows(parts)
    for (const entry of strays) kickOutboxes(entry, parts)
    if (strays.length === 0) return
    parts.options.log.info({ workflows: strays.map(({ workflow }) => workflow.workflow_id) }, 'took over workflows that nobody looked after')
    parts.admit()
  } catch (err) {
    parts.options.log.warn({ err }, 'the look for workflows that nobody looks after failed; trying again')
  }
}

async function trimAndLog({ options, live }: OrchestratorParts, now: number): Promise<void> {
  const { bus, log, liveTopicRetentionMs } = options
  try {
    const queues = live.all().flatMap((entry) => [...entry.queues.values()])
    const messages = await trimLiveTopics({ bus, queues, olderThan: now - liveTopicRetentionMs })
    if (messages) log.info({ messages: String(messages) }, 'deleted messages of live queues that all their consumers have had')
  } catch (err) {
    log.warn({ err }, 'old messages of live queues could not be deleted; trying again')
  }
}
