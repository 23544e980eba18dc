import { StreamForgeError, WorkflowId, type Caller, type ReplayReport, type Workflow, type WorkflowRequest } from '@streamforge/contracts'
import { planReplay } from '../plan/plan-replay.ts'
import { planWorkflow, type WorkflowPlan } from '../plan/plan-workflow.ts'
import { replayReport } from '../plan/replay-report.ts'
import { hasEnded, isLive, isStage, type QueueInput } from '../queue/queue-input.ts'
import { isReplayed, wholeTopics } from './replayed-topics.ts'
import type { LiveWorkflow } from './live-workflows.ts'
import type { OrchestratorParts } from './orchestrator-parts.ts'
import { removeWorkflow } from './remove-workflow.ts'
import { inTraceOfRequest } from './trace-plan.ts'
import { publicQueue, publicSummary, type FeedMessage } from './workflow-feed.ts'
import { workflowQuota } from './workflow-quota.ts'

/**
 * Everything that can be asked for. `by`: who asks; absent: the platform itself, which has no quota.
 * @throws StreamForgeError NOT_FOUND for an unknown workflow, CONFLICT in the wrong state, QUOTA_EXCEEDED from what puts a
 * workflow in progress
 */
export interface WorkflowActions {
  /** @throws StreamForgeError UNKNOWN_VENUE, UNKNOWN_TYPE, UNKNOWN_SYMBOL, BAD_TIME_RANGE, INVALID_FIELD, TOO_FEW_BARS */
  create(request: WorkflowRequest, by?: Caller): Promise<Workflow>
  /** Does again what a finished workflow has done, from its topics on. @throws StreamForgeError REPLAY_IMPOSSIBLE */
  replay(id: string, by?: Caller): Promise<Workflow>
  /** Of a replay. */
  report(id: string): Promise<ReplayReport>
  workflow(id: string): Promise<Workflow>
  stop(id: string, reason: string): Promise<Workflow>
  retry(id: string, by?: Caller): Promise<Workflow>
  remove(id: string, options: { data: boolean }): Promise<void>
  /** The state now, and everything that changes from now on. */
  follow(id: string, listener: (message: FeedMessage) => void): Promise<{ now: FeedMessage; unsubscribe: () => void }>
}

const show = (entry: LiveWorkflow): Workflow => ({ ...publicSummary(entry.workflow), queues: [...entry.queues.values()].map(publicQueue) })

export function workflowActions(parts: OrchestratorParts): WorkflowActions {
  const { options, records, live, feed, refresher, tools, change, admit } = parts
  const withinQuota = workflowQuota(live, options.maxWorkflowsPerCaller)

  const find = async (id: string): Promise<LiveWorkflow> => {
    const entry = WorkflowId.safeParse(id).success ? await live.byId(id) : undefined
    if (!entry) throw new StreamForgeError('NOT_FOUND', `there is no workflow '${id}'`, { remedy: 'GET /workflows lists them' })
    return entry
  }
  const changeAll = async (entry: LiveWorkflow, input: QueueInput) => {
    const queues = [...entry.queues.values()]
    await Promise.all(queues.filter((queue) => !isStage(queue)).map((queue) => change(queue.queue_id, [input])))
    // Stages in their order: one that waits while its input is still failed would be stopped for it.
    for (const stage of queues.filter(isStage)) await change(stage.queue_id, [input])
    await refresher.save(entry)
    return show(entry)
  }
  const accept = (asked: WorkflowPlan, by: Caller | undefined) => withinQuota(by, async () => {
    const planned = inTraceOfRequest(asked)
    const plan: WorkflowPlan = by ? { ...planned, workflow: { ...planned.workflow, requested_by: by.id } } : planned
    await records.insert(plan)
    const entry = live.add(plan.workflow, plan.queues)
    const { workflow_id, estimate, replay_of } = plan.workflow
    options.log.info({ workflow_id, queues: plan.queues.length, estimate, replay_of }, 'workflow accepted')
    const answer = show(entry)
    admit()
    return answer
  })

  return {
    async create(request, by) {
      const instruments = await options.instruments.symbols(request.venue)
      const workflowId = await freshId(parts)
      const clockLead = request.types.some((type) => isLive({ type })) ? await options.instruments.clockLead(request.venue) : undefined
      return accept(planWorkflow(request, {
        workflowId, now: options.now(), instruments, maxActiveQueues: options.maxActiveQueues, ...(clockLead !== undefined && { clockLead }),
      }), by)
    },
    async replay(id, by) {
      const { workflow, queues } = await find(id)
      const stored = [...queues.values()]
      const whole = await wholeTopics(options.bus, stored.filter((queue) => !isStage(queue)).map((queue) => queue.kafka_topic))
      return accept(planReplay(workflow, stored, { workflowId: await freshId(parts), now: options.now(), isWhole: (topic) => whole.has(topic) }), by)
    },
    async report(id) {
      const { workflow, queues } = await find(id)
      return replayReport(workflow, [...queues.values()])
    },
    workflow: async (id) => show(await find(id)),
    async stop(id, reason) {
      const entry = await find(id)
      if (hasEnded(entry.workflow)) throw new StreamForgeError('CONFLICT', `workflow ${id} is ${entry.workflow.status} already`)
      // Stored first: were we to die among the queues, the next start would stop the rest.
      if (entry.workflow.stop_reason === undefined) await refresher.save(entry, { stop_reason: reason })
      return changeAll(entry, { kind: 'stop', reason })
    },
    async retry(id, by) {
      const entry = await find(id)
      const { status } = entry.workflow
      // Live data goes on when a stage has failed: only the failed part is tried again then.
      const partly = status === 'running' && [...entry.queues.values()].some((queue) => queue.status === 'failed' || queue.status === 'stopped')
      if (status !== 'failed' && status !== 'stopped' && !partly) {
        throw new StreamForgeError('CONFLICT', `workflow ${id} is ${status}; only what has failed or was stopped can be retried`)
      }
      const again = async () => {
        await refresher.save(entry, { stop_reason: undefined, ...(!partly && { requested_by: by?.id }) })
        return changeAll(entry, { kind: 'retry' })
      }
      const answer = await (partly ? again() : withinQuota(by, again))
      admit()
      return answer
    },
    async remove(id, { data }) {
      const entry = await find(id)
      const { status } = entry.workflow
      if (!hasEnded(entry.workflow)) throw new StreamForgeError('CONFLICT', `workflow ${id} is ${status}`, { remedy: `POST /workflows/${id}/stop first` })
      if (isReplayed(entry.queues.keys(), live)) throw new StreamForgeError('CONFLICT', `a replay of workflow ${id} reads its topics`, { remedy: 'stop the replay first, or wait for its end' })
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
  }
}

async function freshId({ options, records }: OrchestratorParts): Promise<string> {
  for (;;) {
    const id = `wf-${options.newSuffix()}`
    if (!(await records.workflow(id))) return id
  }
}
