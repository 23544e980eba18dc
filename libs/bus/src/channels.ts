import { channel } from 'node:diagnostics_channel'

/**
 * What the bus tells about itself, without knowing who listens (libs/service makes metrics of it):
 * publish `{topic, messages, bytes, ms}`, consume `{topic, partition, group, messages, ms}`,
 * commit `{topic, partition, group, offset}`, deadLetter `{topic, code}`.
 */
export const channels = {
  publish: channel('streamforge:bus:publish'),
  consume: channel('streamforge:bus:consume'),
  commit: channel('streamforge:bus:commit'),
  deadLetter: channel('streamforge:bus:dead-letter'),
} as const
