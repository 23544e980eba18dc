import { z } from 'zod'
import { StartCommand } from './queue-control.ts'
import { Epoch } from './records.ts'

const Name = z.string().min(1).max(200)

/** A process that runs all the time and takes jobs of one image. In the collection `standing_members`, under its instance. */
export const StandingMember = z.strictObject({
  _key: Name,
  version: z.int().positive().describe('Grows with every beat: one that stays the same is gone'),
  image: z.string().min(1).describe('As start commands name it: jobs of another version are not given to it'),
  jobs: z.int().nonnegative().describe('That it works on'),
  at: Epoch.describe("By its own clock, for people: nobody decides by it"),
})
export type StandingMember = z.infer<typeof StandingMember>

export const StandingState = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('waiting') }),
  z.strictObject({ status: z.literal('running'), member: Name }),
  z.strictObject({ status: z.literal('ended'), exit_code: z.int().optional().describe('As a process of its own would have ended; absent: nobody knows'), reason: z.string() }),
])
export type StandingState = z.infer<typeof StandingState>

/** A job that is given to standing members. In the collection `standing_jobs`, under the job's name. */
export const StandingJob = z.strictObject({
  _key: Name,
  version: z.int().positive(),
  image: z.string().min(1),
  status: z.enum(['waiting', 'running', 'ended']).describe('That of `state`, to look for'),
  state: StandingState,
  cancelled: z.boolean().describe('It is to end: whoever has it stops it'),
  start: StartCommand,
  launched_at: Epoch,
})
export type StandingJob = z.infer<typeof StandingJob>

export const standingMembersCollection = 'standing_members'
export const standingJobsCollection = 'standing_jobs'
