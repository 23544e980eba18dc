import type { Consumer } from '@streamforge/bus'
import type { JobName } from '@streamforge/launcher'
import { isActive } from '../queue/queue-input.ts'
import { fencedLauncher, fencedRecords, undisputed, type Leadership } from '../leadership/fencing.ts'
import { healingDefaults, openHealing } from '../healing/engine.ts'
import { admitQueues } from './admission.ts'
import { adoptWorkflows, kickOutboxes } from './adopt-workflows.ts'
import { consumeEvents } from './consume-events.ts'
import { listenForExits } from './exits.ts'
import { launchTogether } from './launch-together.ts'
import { tellSharers } from './venue-sharers.ts'
import { liveWorkflows, type LiveWorkflow } from './live-workflows.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'
import type { OrchestratorParts } from './orchestrator-parts.ts'
import { outboxRunner, type OutboxRunner } from './outbox-runner.ts'
import { queueChanger } from './queue-changer.ts'
import { recover } from './recover.ts'
import { retrying } from './retrying.ts'
import { stageSpec, stagesCollection } from './stage-spec.ts'
import { startTicker } from './ticker.ts'
import { workflowActions, type WorkflowActions } from './workflow-actions.ts'
import { workflowFeed } from './workflow-feed.ts'
import { openWorkflowRecords, type WorkflowRecords } from './workflow-records.ts'
import { workflowRefresher } from './workflow-refresher.ts'

export interface Orchestrator extends WorkflowActions {
  readonly records: WorkflowRecords
  /** Resolves when what happened while nobody was here has been taken in. */
  readonly recovered: Promise<void>
  /** Rejects when events can no longer be read. */
  readonly failed: Promise<never>
  /** Jobs go on; the next orchestrator finds them. */
  close(): Promise<void>
}

/** Looks after all workflows: the only place that reads events, launches jobs and changes queues. */
export async function startOrchestrator(options: OrchestratorOptions): Promise<Orchestrator> {
  const { bus, launcher, log, metrics, now } = options
  const stopping = new AbortController()
  const leadership = options.leadership ?? undisputed
  const records = fencedRecords(await openWorkflowRecords(options.store), leadership)
  const { parts, outbox } = await wire({ ...options, launcher: fencedLauncher(launcher, leadership) }, { records, leadership }, stopping.signal)
  const { live, admit } = parts

  metrics.countsFrom(() => countByStatus(live.all()))
  // Listened to before anything is launched; passed on once the events of the time before have been read.
  const exits = listenForExits(launcher, options.exitSettleMs ?? 1_000, parts.insist)
  const adopted = await adoptWorkflows(parts)
  const consumer = await consumeEvents(bus, parts.change, metrics, now)
  for (const entry of adopted) kickOutboxes(entry, parts)
  const ticker = startTicker(parts)
  const recovered = retrying(() => recover(parts), {
    signal: stopping.signal, random: options.random, onFailure: (err) => log.error({ err }, 'recovery failed; trying again'),
  }).then(() => {
    exits.release()
    ticker.listen()
    admit()
  })
  // Rejects only when it is closed before it was done.
  recovered.catch(() => undefined)

  return {
    ...workflowActions(parts),
    records, recovered, failed: failureOf(consumer),
    async close() {
      stopping.abort()
      exits.close()
      await ticker.close()
      await recovered.catch(() => undefined)
      await consumer.close()
      await outbox.close()
      await parts.refresher.close()
      await parts.healing.close()
    },
  }
}

/** A change of a queue kicks its outbox, and the outbox changes the queue: the knot is tied here. */
async function wire(options: OrchestratorOptions, { records, leadership }: { records: WorkflowRecords; leadership: Leadership }, signal: AbortSignal): Promise<{ parts: OrchestratorParts; outbox: OutboxRunner }> {
  const { bus, store, launcher, log, metrics, now, random, policy } = options
  const live = liveWorkflows(records, now)
  const feed = workflowFeed()
  const refresher = workflowRefresher({ live, records, feed, now, onError: (err) => log.error({ err }, 'saving a workflow failed') })
  const healing = await openHealing({
    store, bus, live, leadership, policy: options.healing ?? healingDefaults, log, now, random, signal, onDecision: ({ action }) => metrics.decisions.inc({ action }),
  })
  const change = queueChanger({
    live, records, now, random, policy, healing: () => healing.view, onConflict: () => metrics.conflicts.inc(),
    onChanged: (entry, before, after) => {
      refresher.changed(entry, after)
      healing.observe(before, after)
      if (after.has_outbox) outbox.kick(after.queue_id)
      if (after.status === before.status) return
      log.info({ queue_id: after.queue_id, workflow_id: after.workflow_id, status: after.status }, 'queue changed')
      if (after.status !== 'running') admit()
    },
  })
  const goesOn = async ({ queue_id, target, attempt }: JobName) => {
    const job = (await live.byQueue(queue_id))?.queues.get(queue_id)?.jobs.find((j) => j.target === target)
    return job !== undefined && job.attempt === attempt && isActive(job)
  }
  const tools = {
    bus, store, launcher, leadership, goesOn, onDecision: ({ action }: { action: string }) => metrics.decisions.inc({ action }), now, dataPartitions: options.dataPartitions, onLaunch: countLaunch(metrics),
    launch: tellSharers(launchTogether({ launcher, groupSize: options.liveGroupSize ?? 1, gatherMs: options.gatherMs ?? 200 }), {
      live, active: options.maxActiveQueues, podsPerShard: launcher.kind === 'kubernetes',
    }),
  }
  const outbox = outboxRunner({
    tools, live, change, signal, random,
    onFailure: (err, queue_id, attempt) => log.warn({ err, queue_id, attempt }, 'a command could not be carried out; trying again'),
  })
  const admit = admitQueues({
    live, change, now, limits: { history: options.maxActiveQueues, live: options.maxLiveQueues, stages: options.maxActiveStages },
    prepareStage: async ({ workflow, queues }, stage) => {
      leadership.assertHeld()
      await store.writeBatch(stagesCollection, [stageSpec(workflow, stage, queues.values(), now())])
    },
    stageSettleMs: options.stageSettleMs ?? 5_000, onError: (err) => log.error({ err }, 'starting a queue failed'),
  })
  const insist: OrchestratorParts['insist'] = (queueId, input) => void retrying(() => change(queueId, [input]), {
    signal, random, onFailure: (err) => log.warn({ err, queue_id: queueId }, 'a queue could not be saved; trying again'),
  }).catch(() => undefined)
  return { parts: { options, records, live, feed, refresher, tools, leadership, healing, change, admit, insist, kick: outbox.kick, signal }, outbox }
}

const countLaunch = (metrics: OrchestratorOptions['metrics']) => (target: string, attempt: number) => {
  metrics.launches.inc({ target })
  if (attempt > 1) metrics.relaunches.inc({ target })
}

/** A consumer's `done` that is not asked for: it resolves when we close it, and then nothing has failed. */
const failureOf = (consumer: Consumer) => consumer.done.then(() => new Promise<never>(() => undefined))

function countByStatus(entries: readonly LiveWorkflow[]) {
  const workflows: Record<string, number> = {}
  const queues: Record<string, number> = {}
  for (const { workflow, queues: parts } of entries) {
    workflows[workflow.status] = (workflows[workflow.status] ?? 0) + 1
    for (const { status } of parts.values()) queues[status] = (queues[status] ?? 0) + 1
  }
  return { workflows, queues }
}
