import { z } from 'zod'
import { errorCodes } from './errors.ts'
import { Offset, TopicName } from './names.ts'

/**
 * Headers of a message on the `dead-letters` topic. Key and value are the original's own bytes, untouched, so that a redrive
 * is a plain republish to `source_topic`.
 */
export const DeadLetterHeaders = z.strictObject({
  'dead-letter-reason': z.string().min(1),
  'dead-letter-code': z.enum(errorCodes),
  'dead-letter-source-topic': TopicName,
  'dead-letter-source-partition': z.string().regex(/^\d+$/),
  'dead-letter-source-offset': Offset,
  'dead-letter-group': z.string().min(1).describe('The consumer group that refused it'),
  'dead-letter-service': z.string().min(1),
  'dead-letter-time': z.iso.datetime(),
})
export type DeadLetterHeaders = z.infer<typeof DeadLetterHeaders>

/** A dead letter as the command line exports it and takes it back: the bytes as text where they are UTF-8, else in base64. */
export const DeadLetter = z.strictObject({
  offset: Offset.describe('Within dead-letters'),
  partition: z.int().nonnegative(),
  key: z.string().nullable(),
  value: z.string(),
  encoding: z.enum(['utf8', 'base64']),
  reason: z.string(),
  code: z.enum(errorCodes),
  source_topic: TopicName,
  source_partition: z.int().nonnegative(),
  source_offset: Offset,
  group: z.string(),
  service: z.string(),
  time: z.iso.datetime(),
})
export type DeadLetter = z.infer<typeof DeadLetter>

/** Headers of the empty message on `dead-letters` that marks a letter as put back on its source topic. */
export const RedrivenHeaders = z.strictObject({
  'redriven-source-topic': TopicName,
  'redriven-source-partition': z.string().regex(/^\d+$/),
  'redriven-source-offset': Offset,
})
