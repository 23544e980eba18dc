export type {
  Bus, BusAdmin, Batch, BatchHandler, Consumer, ConsumeOptions, TailOptions, GroupInfo, IncomingMessage, OutgoingMessage,
  PartitionInfo, PartitionLag, TopicConfig, TopicInfo,
} from './bus.ts'
export { connectBus, type BusConfig } from './connect-bus.ts'
export { traceBus, type BusTracer } from './trace-bus.ts'
export { ensureTopics } from './ensure-topics.ts'
export { isCertainlyGone, ownIdentity, type ProcessIdentity } from './embedded/process-liveness.ts'
export { publishMessages, tailMessages, topicOf, type TypedBatch, type TypedMessage } from './typed-messages.ts'
export { consumeMessages, type ConsumeMessagesOptions } from './consume-messages.ts'
export { listDeadLetters, publishDeadLetters, redriveDeadLetters } from './dead-letters.ts'
export { openKafkaAccess, type KafkaAccess } from './kafka/access/open-kafka-access.ts'
export type { KafkaConnection } from './kafka/cluster.ts'
