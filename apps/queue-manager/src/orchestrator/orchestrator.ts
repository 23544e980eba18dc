import { setTimeout as delay } from 'node:timers/promises'
import { StreamForgeError, WorkflowId, type Workflow, type WorkflowRequest } from '@streamforge/contracts'
import { planWorkflow } from '../plan/plan-workflow.ts'
import { advance } from '../queue/advance-queue.ts'
import { hasEnded, type QueueInput } from '../queue/queue-input.ts'
import { admitQueues } from './admission.ts'
import { caughtUp, consumeEvents } from './consume-events.ts'
import { listenForExits, missingJobs } from './exits.ts'
import { liveWorkflows, type LiveWorkflow } from './live-workflows.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'
import { outboxRunner } from './outbox-runner.ts'
import { queueChanger } from './queue-changer.ts'
import { removeWorkflow } from './remove-workflow.ts'
import { retrying } from './retrying.ts'
import { sweepTopics } from './topic-retention.ts'
import { publicQueue, publicSummary, workflowFeed, type FeedMessage } from './workflow-feed.ts'
import { openWorkflowRecords, type WorkflowRecords } from './workflow-records.ts'
import { workflowRefresher } from './workflow-refresher.ts'

/** Everything the API can ask for. @throws StreamForgeError NOT_FOUND for an unknown workflow, CONFLICT in the wrong state */
export interface Orchestrator {
  readonly records: WorkflowRecords
  /** @throws StreamForgeError UNKNOWN_VENUE, UNKNOWN_TYPE, UNKNOWN_SYMBOL, BAD_TIME_RANGE, INVALID_FIELD */
  create(request: WorkflowRequest): Promise<Workflow>
  workflow(id: string): Promise<Workflow>
  stop(id: string, reason: string): Promise<Workflow>
  retry(id: string): Promise<Workflow>
  remove(id: string, options: { data: boolean }): Promise<void>
  /** The state now, and everything that changes from now on. */
  follow(id: string, listener: (message: FeedMessage) => void): Promise<{ now: FeedMessage; unsubscribe: () => void }>
  /** Resolves when what happened while nobody was here has been taken in. */
  readonly recovered: Promise<void>
  /** Rejects when events can no longer be read. */
  readonly failed: Promise<never>
  close(): Promise<void>
}

const retentionSweepMs = 60_000
const evictIdleMs = 60_000
/** A pause between ticks that is this long means that the machine slept: nobody listened, so silence says nothing. */
const sleptMs = 5_000

export async function startOrchestrator(options: OrchestratorOptions): Promise<Orchestrator> {
  const { bus, store, launcher, log, metrics, now, random } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const records = await openWorkflowRecords(store)
  const live = liveWorkflows(records, now)
  const feed = workflowFeed()
  const refresher = workflowRefresher({ live, records, feed, now, onError: (err) => log.error({ err }, 'saving a workflow failed') })
  const change = queueChanger({
    live, records, now, random, policy: options.policy, onConflict: () => metrics.conflicts.inc(),
    onChanged: (entry, before, after) => {
      refresher.changed(entry, after)
      if (after.has_outbox) outbox.kick(after.queue_id)
      if (after.status === before.status) return
      log.info({ queue_id: after.queue_id, workflow_id: after.workflow_id, status: after.status }, 'queue changed')
      if (after.status !== 'running') admit()
    },
  })
  const tools = {
    bus, store, launcher, dataPartitions: options.dataPartitions,
    onLaunch: (target: string, attempt: number) => {
      metrics.launches.inc({ target })
      if (attempt > 1) metrics.relaunches.inc({ target })
    },
  }
  const outbox = outboxRunner({
    tools, live, change, signal, random,
    onFailure: (err, queue_id, attempt) => log.warn({ err, queue_id, attempt }, 'a command could not be carried out; trying again'),
  })
  const admit = admitQueues({ live, change, limit: options.maxActiveQueues, onError: (err) => log.error({ err }, 'starting a queue failed') })
  const insist = (queueId: string, input: QueueInput) => void retrying(() => change(queueId, [input]), {
    signal, random, onFailure: (err) => log.warn({ err, queue_id: queueId }, 'a queue could not be saved; trying again'),
  }).catch(() => undefined)

  metrics.countsFrom(() => countByStatus(live.all()))
  const exits = listenForExits(launcher, options.exitSettleMs ?? 1_000, insist)
  for (const id of await records.unfinishedWorkflowIds()) await live.byId(id)
  const consumer = await consumeEvents(bus, change, metrics, now)
  let listeningSince = Number.POSITIVE_INFINITY

  const recover = async () => {
    const complete = await caughtUp(bus, { timeoutMs: 15_000, signal, wait: (ms) => delay(ms, undefined, { signal }) })
    if (!complete && !signal.aborted) log.warn('events of the time before could not all be read yet; going on')
    const jobs = await launcher.list()
    for (const entry of live.all()) {
      for (const { queueId, exit } of missingJobs(entry.queues.values(), jobs)) await change(queueId, [exit])
      if (entry.workflow.stop_reason === undefined) continue
      for (const queue of entry.queues.values()) await change(queue.queue_id, [{ kind: 'stop', reason: entry.workflow.stop_reason }])
    }
    for (const entry of live.all()) await refresher.save(entry)
    exits.release()
    listeningSince = now()
  }
  for (const entry of live.all()) for (const queue of entry.queues.values()) if (queue.has_outbox) outbox.kick(queue.queue_id)
  const recovered = recover()
  recovered.then(() => admit(), (err: unknown) => { if (!signal.aborted) log.error({ err }, 'recovery failed') })

  let lastTick = now()
  let lastSweep = 0
  let sweep: Promise<unknown> = Promise.resolve()
  const tick = () => {
    const at = now()
    if (at - lastTick > sleptMs) listeningSince = Math.min(at, Number.isFinite(listeningSince) ? at : listeningSince)
    lastTick = at
    const input: QueueInput = { kind: 'tick', listeningSince }
    // Until the events of the time before have been read, a job that seems lost may have finished long ago.
    if (Number.isFinite(listeningSince)) for (const entry of live.all()) {
      for (const queue of entry.queues.values()) {
        if (queue.status !== 'running') continue
        const { commands, queue: next } = advance(queue, input, { now: at, random, policy: options.policy })
        if (commands.length || next.status !== queue.status) insist(queue.queue_id, input)
      }
    }
    if (Number.isFinite(listeningSince)) admit()
    live.evict(evictIdleMs)
    if (at - lastSweep < retentionSweepMs) return
    lastSweep = at
    sweep = sweepTopics({ ...options, records, change, now: at })
      .then((topics) => { if (topics) log.info({ topics }, 'deleted data topics that had outlived their queues') })
      .catch((err: unknown) => log.warn({ err }, 'the sweep of data topics failed'))
  }
  const ticker = setInterval(tick, options.tickMs ?? 250)

  const find = async (id: string): Promise<LiveWorkflow> => {
    const entry = WorkflowId.safeParse(id).success ? await live.byId(id) : undefined
    if (!entry) throw new StreamForgeError('NOT_FOUND', `there is no workflow '${id}'`, { remedy: 'GET /workflows lists them' })
    return entry
  }
  const show = (entry: LiveWorkflow): Workflow => ({ ...publicSummary(entry.workflow), queues: [...entry.queues.values()].map(publicQueue) })
  const changeAll = async (entry: LiveWorkflow, input: QueueInput) => {
    await Promise.all([...entry.queues.keys()].map((queueId) => change(queueId, [input])))
    await refresher.save(entry)
    return show(entry)
  }

  return {
    records, recovered,
    failed: consumer.done.then(() => new Promise<never>(() => undefined)),
    async create(request) {
      const instruments = await options.instruments.symbols(request.venue)
      let workflowId = `wf-${options.newSuffix()}`
      while (await records.workflow(workflowId)) workflowId = `wf-${options.newSuffix()}`
      const plan = planWorkflow(request, { workflowId, now: now(), instruments, maxActiveQueues: options.maxActiveQueues })
      await records.insert(plan)
      const entry = live.add(plan.workflow, plan.queues)
      log.info({ workflow_id: workflowId, queues: plan.queues.length, estimate: plan.workflow.estimate }, 'workflow accepted')
      const answer = show(entry)
      admit()
      return answer
    },
    workflow: async (id) => show(await find(id)),
    async stop(id, reason) {
      const entry = await find(id)
      if (hasEnded(entry.workflow)) throw new StreamForgeError('CONFLICT', `workflow ${id} is ${entry.workflow.status} already`)
      if (entry.workflow.stop_reason === undefined) await refresher.save(entry, { stop_reason: reason })
      return changeAll(entry, { kind: 'stop', reason })
    },
    async retry(id) {
      const entry = await find(id)
      const { status } = entry.workflow
      if (status !== 'failed' && status !== 'stopped') {
        throw new StreamForgeError('CONFLICT', `workflow ${id} is ${status}; only a failed or stopped one can be retried`)
      }
      await refresher.save(entry, { stop_reason: undefined })
      const answer = await changeAll(entry, { kind: 'retry' })
      admit()
      return answer
    },
    async remove(id, { data }) {
      const entry = await find(id)
      const { status } = entry.workflow
      if (!hasEnded(entry.workflow)) throw new StreamForgeError('CONFLICT', `workflow ${id} is ${status}`, { remedy: `POST /workflows/${id}/stop first` })
      await removeWorkflow(id, [...entry.queues.values()], { data, tools, records })
      live.drop(id)
    },
    async follow(id, listener) {
      const entry = await find(id)
      entry.holds++
      const unsubscribe = feed.subscribe(id, listener)
      return {
        now: refresher.message(entry, entry.queues.values()),
        unsubscribe: () => {
          entry.holds--
          unsubscribe()
        },
      }
    },
    async close() {
      clearInterval(ticker)
      stopping.abort()
      exits.close()
      await recovered.catch(() => undefined)
      await consumer.close()
      await outbox.close()
      await sweep
      await refresher.close()
    },
  }
}

function countByStatus(entries: readonly LiveWorkflow[]) {
  const workflows: Record<string, number> = {}
  const queues: Record<string, number> = {}
  for (const { workflow, queues: parts } of entries) {
    workflows[workflow.status] = (workflows[workflow.status] ?? 0) + 1
    for (const { status } of parts.values()) queues[status] = (queues[status] ?? 0) + 1
  }
  return { workflows, queues }
}
