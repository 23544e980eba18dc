import { StreamForgeError, type RepeatedQueue, type StoredQueue, type StoredWorkflow } from '@streamforge/contracts'
import { isLive, isStage } from '../queue/queue-input.ts'
import { advanceWorkflow } from '../workflow/advance-workflow.ts'
import { planStages } from './plan-stages.ts'
import { freshQueue, plannedJob, queuePosition, workflowPosition } from './planned-queue.ts'
import type { WorkflowPlan } from './plan-workflow.ts'

export interface ReplayContext {
  workflowId: string
  /** Milliseconds since the epoch. */
  now: number
  /** Whether a topic is there with all of its messages, from the first on. */
  isWhole: (topic: string) => boolean
}

/**
 * A workflow that does again what another has done, from that one's data topics on: connectors read them anew into collections of their
 * own, and the stages work on those. Pure.
 * @throws StreamForgeError REPLAY_IMPOSSIBLE
 */
export function planReplay(original: StoredWorkflow, queues: readonly StoredQueue[], context: ReplayContext): WorkflowPlan {
  checkReplayable(original, queues, context)
  const { workflowId, now } = context
  const position = workflowPosition(now, workflowId)
  const data = queues.filter((queue) => !isStage(queue)).map((queue, index) => readAgain(queue, workflowId, queuePosition(position, index)))
  const stages = planStages(original.request, data, { workflowId, position, replayOf: original.workflow_id })
    .map((stage) => ({ ...stage, ...originalOf(queues.find((queue) => queue.type === stage.type)) }))
  const all = [...data, ...stages]
  const workflow: StoredWorkflow = {
    _key: workflowId, version: 1, position, workflow_id: workflowId, name: `replay of ${original.workflow_id}`, replay_of: original.workflow_id,
    status: 'pending', request: original.request, estimate: { requests: 0, api_weight: 0, minutes: original.estimate.minutes, note: 'nothing is asked of the venue' },
    stages: [], rates: {}, created_at: now, updated_at: now,
  }
  return { workflow: advanceWorkflow(workflow, all, now), queues: all }
}

function checkReplayable({ workflow_id: id, status, replay_of }: StoredWorkflow, queues: readonly StoredQueue[], { isWhole }: ReplayContext): void {
  if (replay_of !== undefined) throw impossible(`workflow ${id} is a replay itself`, `replay ${replay_of}`)
  const live = queues.find(isLive)
  if (live) throw impossible(`${live.symbol} ${live.type} of workflow ${id} is live: it has no end to compare`, 'replay a workflow of history')
  if (status !== 'finished') throw impossible(`workflow ${id} is ${status}`, 'only a finished workflow has results to compare; retry it, or wait')
  const gone = queues.filter((queue) => !isStage(queue) && !isWhole(queue.kafka_topic))
  if (gone.length > 0) {
    throw impossible(`${gone.length} data topics of workflow ${id} are not there any more, such as ${gone[0]!.kafka_topic}`,
      'topics outlive their queues by TOPIC_RETENTION_HOURS: load the data again and replay it sooner, or keep topics longer')
  }
}

function readAgain(queue: StoredQueue, workflowId: string, position: string): StoredQueue {
  const { venue, symbol, type, time_range, from, to, kafka_topic, shards, records_total, max_attempts, source } = queue
  const suffix = workflowId.slice('wf-'.length)
  const id = `${queue.queue_id.slice(0, -suffix.length)}${suffix}`
  return {
    ...freshQueue(), _key: id, position, queue_id: id, workflow_id: workflowId, venue, symbol, type, time_range, from, ...(to !== undefined && { to }),
    kafka_topic, topic_of: queue.queue_id, topic_deleted: true, collection_name: `replay_${suffix}_${queue.collection_name}`, shards,
    ...(records_total !== undefined && { records_total }), max_attempts, source, jobs: [plannedJob('arango-connector', workflowId)], ...originalOf(queue),
  }
}

function originalOf(queue: StoredQueue | undefined): { original?: RepeatedQueue } {
  if (!queue) return {}
  const { queue_id, certificate, result } = queue
  return { original: { queue_id, ...(certificate && { checksum: certificate.checksum }), ...(result && { result }) } }
}

function impossible(message: string, remedy: string): StreamForgeError {
  return new StreamForgeError('REPLAY_IMPOSSIBLE', message, { remedy })
}
