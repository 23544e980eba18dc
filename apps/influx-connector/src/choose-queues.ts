import { isStageType, parseDataType, parseStageType, type QueueType, type StoredQueue } from '@streamforge/contracts'

/** What the connector needs of a queue's document. */
export type QueueOutline = Pick<StoredQueue, 'queue_id' | 'kafka_topic' | 'type' | 'status' | 'topic_deleted' | 'original'>

export interface ChosenQueues {
  /** More may come. */
  running: QueueOutline[]
  /** Nothing more comes; what is on their topics may not have been read yet. */
  ended: QueueOutline[]
}

/** Queues whose topics have points: of candles, features and forecasts. Pure. */
export function chooseQueues(queues: readonly QueueOutline[]): ChosenQueues {
  // A replay makes again what is there, to compare it.
  const wanted = queues.filter((queue) => !queue.topic_deleted && queue.original === undefined && hasPoints(queue.type))
  return {
    running: wanted.filter(({ status }) => status === 'running'),
    ended: wanted.filter(({ status }) => status !== 'running' && status !== 'pending'),
  }
}

function hasPoints(type: QueueType): boolean {
  if (!isStageType(type)) return parseDataType(type).content === 'candles'
  const { stage } = parseStageType(type)
  return stage === 'features' || stage === 'forecast'
}
