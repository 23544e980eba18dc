import { channel } from 'node:diagnostics_channel'

/**
 * What the bus tells whoever subscribes with node:diagnostics_channel, so that it needs no logger and no metrics of its own. Both adapters
 * publish under these names (libs/service makes metrics of them). Objects are only made while somebody listens.
 */
export const channels = {
  publish: channel('streamforge:bus:publish'),
  consume: channel('streamforge:bus:consume'),
  commit: channel('streamforge:bus:commit'),
  retry: channel('streamforge:bus:retry'),
  deadLetter: channel('streamforge:bus:dead-letter'),
  skipped: channel('streamforge:bus:skipped'),
  stalled: channel('streamforge:bus:stalled'),
} as const

/** One publish() that was acknowledged. */
export interface PublishDiagnostic { topic: string; messages: number; bytes: number; ms: number }
/** One batch whose handler resolved. `group` is undefined for tails. */
export interface ConsumeDiagnostic { topic: string; partition: number; group: string | undefined; messages: number; ms: number }
/** One commit, or one refused because the member had lost the partition (`refused`). */
export interface CommitDiagnostic { topic: string; partition: number; group: string; offset: string; refused: boolean }
/** One batch that will be delivered again, because its handler rejected or the bus could not be read or written. */
export interface RetryDiagnostic { topic: string; partition: number; group: string | undefined; attempt: number; error: unknown }
export interface DeadLetterDiagnostic { topic: string; code: string; reason: string }
/** A message that a tail could not read and passed over. */
export interface SkippedDiagnostic { topic: string; partition: number; offset: string; reason: string }
/** Messages that cannot be appended now, such as on a full disk, and are tried again. */
export interface StalledDiagnostic { topic: string; messages: number; attempt: number; error: unknown }
