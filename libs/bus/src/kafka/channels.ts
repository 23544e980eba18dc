import { channel } from 'node:diagnostics_channel'

/** Diagnostics channels of the bus; telemetry subscribes, so that the bus imports none. The names are those of both adapters. */
export const publishChannel = channel('streamforge:bus:publish')
export const consumeChannel = channel('streamforge:bus:consume')
export const commitChannel = channel('streamforge:bus:commit')
/** A handler rejected a batch, or a broker could not be reached: { topic, partition, group, error }. */
export const retryChannel = channel('streamforge:bus:retry')
