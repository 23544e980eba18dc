import {
  isStageType, parseStageType, StreamForgeError, type StageInput, type StageSpec, type StoredQueue, type StoredWorkflow,
} from '@streamforge/contracts'

export const stagesCollection = 'stages'

/**
 * What a stage's workers need to know beside their assignment: the data of the workflow, and the stages that lie before this one with what
 * they came to. Pure.
 */
export function stageSpec(workflow: StoredWorkflow, stage: StoredQueue, queues: Iterable<StoredQueue>, now: number): StageSpec {
  const { pipeline, venue, symbols } = workflow.request
  if (!isStageType(stage.type) || !pipeline) throw new StreamForgeError('INTERNAL', `queue ${stage.queue_id} is not a stage of a pipeline`)
  const before = [...queues].filter((queue) => queue.position < stage.position)
  return {
    _key: stage.queue_id, queue_id: stage.queue_id, workflow_id: workflow.workflow_id, type: stage.type, interval: parseStageType(stage.type).interval,
    venue, symbols, from: stage.from, ...(stage.to !== undefined && { to: stage.to }), live: stage.live === true,
    inputs: before.map(stageInput), pipeline,
    ...(workflow.replay_of !== undefined && { replay_of: workflow.replay_of }), ...(stage.original && { original: stage.original }),
    created_at: now,
  }
}

function stageInput({ queue_id, venue, symbol, type, collection_name, kafka_topic, from, to, certificate, result }: StoredQueue): StageInput {
  return {
    queue_id, venue, symbol, type, collection_name, kafka_topic, from, ...(to !== undefined && { to }),
    ...(certificate && { checksum: certificate.checksum }), ...(result && { result }),
  }
}
