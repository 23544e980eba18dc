import type { Workflow } from '@streamforge/contracts'
import { setTimeout as delay } from 'node:timers/promises'
import type { ChaosPlatform } from '../platform/chaos-platform.ts'
import type { WorkflowApi } from '../platform/workflow-api.ts'
import { mendDeadLetters } from './mend-queue.ts'
import { planWorkflow, type LoadPlan } from './plan-workflows.ts'

export interface Load {
  /** Records of workflows that have ended, as their certificates count them. */
  endedRecords(): number
  workflows(): readonly Workflow[]
  /** Resolves with all workflows when the faults are over and enough was loaded. */
  readonly done: Promise<readonly Workflow[]>
}

const ended = ['finished', 'failed', 'stopped']
const atOnce = 2
const mends = 5

/** Keeps workflows running, two at a time, until `enough` says so. One that failed for dead letters is mended and retried. */
export function runLoad(platform: ChaosPlatform, api: WorkflowApi, plan: LoadPlan, enough: (endedRecords: number) => boolean): Load {
  const workflows: Workflow[] = []
  const records = () => workflows.reduce((sum, { queues }) => sum + queues.reduce((part, queue) => part + (queue.certificate?.rows_stored ?? 0), 0), 0)
  let next = 0
  const lane = async () => {
    while (!enough(records())) {
      const { workflow_id: id } = await api.submit(planWorkflow(plan, next++))
      workflows.push(await follow(platform, api, id))
    }
  }
  return { endedRecords: records, workflows: () => workflows, done: Promise.all(Array.from({ length: atOnce }, lane)).then(() => workflows) }
}

async function follow(platform: ChaosPlatform, api: WorkflowApi, id: string): Promise<Workflow> {
  for (let left = mends; ; left--) {
    const workflow = await untilEnded(api, id)
    const poisoned = workflow.queues.filter((queue) => queue.status === 'failed' && (queue.certificate?.dead_lettered ?? 0) > 0)
    if (workflow.status !== 'failed' || poisoned.length === 0 || left === 0) return workflow
    for (const queue of poisoned) await mendDeadLetters(platform.bus, queue.kafka_topic)
    await api.act(id, 'retry')
  }
}

async function untilEnded(api: WorkflowApi, id: string): Promise<Workflow> {
  for (;;) {
    const workflow = await api.read(id)
    if (ended.includes(workflow.status)) return workflow
    await delay(500)
  }
}
