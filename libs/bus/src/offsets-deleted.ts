import { StreamForgeError } from '@streamforge/contracts'

export interface DeletedOffsets {
  topic: string
  partition: number
  group: string
  /** What the group would have had next. */
  offset: bigint | number
  /** The first offset still held. */
  earliest: bigint | number
}

/** Ends a group's consumption of a topic whose messages go only when somebody deletes them: these went too early. */
export function offsetsDeleted({ topic, partition, group, offset, earliest }: DeletedOffsets): StreamForgeError {
  return new StreamForgeError(
    'OFFSET_OUT_OF_RANGE', `group '${group}' has not had offsets ${offset} to ${BigInt(earliest) - 1n} of partition ${partition} of '${topic}', and they are deleted`,
    {
      remedy: "What they held is lost to this group; 'streamforge topics describe' shows what is held. To go on there, set the group's offset with seek",
      details: { topic, partition, group, offset: String(offset), earliest: String(earliest) },
    },
  )
}

/** For the `skipped` channel. */
export const skippedReason = (earliest: bigint | number) => `deleted before it was read; going on at ${earliest}`
