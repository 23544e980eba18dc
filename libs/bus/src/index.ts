export type {
  Bus, BusAdmin, Batch, BatchHandler, Consumer, ConsumeOptions, TailOptions, GroupInfo, IncomingMessage, OutgoingMessage,
  PartitionInfo, PartitionLag, TopicConfig, TopicInfo,
} from './bus.ts'
