import { z } from 'zod'
import { constants } from 'node:os'
import type { JobInfo, JobName, JobState } from '../launcher.ts'
import { jobName } from '../launcher.ts'
import { annotations, memberKeys, readGroup, readName } from './object-name.ts'
import { workerState, type ObservedJob, type ObservedPod } from './observed.ts'

export type EndState = Exclude<JobState, { status: 'running' }>

const RecordedEnd = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('succeeded') }),
  z.strictObject({ status: z.literal('failed'), exit_code: z.int().optional(), signal: z.string().optional(), reason: z.string() }),
])

/** The end as it is kept in the Job's annotation. */
export function recordEnd(end: EndState): string {
  if (end.status === 'succeeded') return JSON.stringify({ status: 'succeeded' })
  return JSON.stringify({ status: 'failed', exit_code: end.exitCode, signal: end.signal ?? undefined, reason: end.reason })
}

function readEnd(text: string | undefined): EndState | undefined {
  if (text === undefined) return undefined
  const { data } = RecordedEnd.safeParse(parseJson(text))
  if (!data) return undefined
  return data.status === 'succeeded' ? { status: 'succeeded' } : { status: 'failed', exitCode: data.exit_code, signal: data.signal, reason: data.reason }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const holds = (job: ObservedJob, type: string) => job.status.conditions.find((c) => c.type === type && c.status === 'True')

/** Kubernetes has decided how the Job ended; its last pods may still be on their way out (`FailureTarget`). */
export const isFinished = (job: ObservedJob) => (holds(job, 'Complete') ?? holds(job, 'Failed') ?? holds(job, 'FailureTarget')) !== undefined
/** No pod of it runs any more either. */
export const isSettled = (job: ObservedJob) => (holds(job, 'Complete') ?? holds(job, 'Failed')) !== undefined

/**
 * How a Job stands. What was recorded of its end counts before all else: pods that could tell more are gone some day. Then Kubernetes' own
 * decision, with the exit status of the first pod that failed where there is one.
 */
export function jobState(job: ObservedJob, pods: readonly ObservedPod[]): JobState {
  const recorded = readEnd(job.metadata.annotations[annotations.end])
  if (recorded) return recorded
  if (holds(job, 'Complete')) return { status: 'succeeded' }
  const failed = holds(job, 'Failed') ?? holds(job, 'FailureTarget')
  if (!failed) return { status: 'running' }
  return exitOfPod(pods) ?? exitOfMessage(failed.message) ?? evictionOf(pods) ??
    { status: 'failed', exitCode: undefined, signal: undefined, reason: `${failed.reason ?? 'failed'}: ${failed.message ?? 'Kubernetes does not say why'}` }
}

function exitOfPod(pods: readonly ObservedPod[]): EndState | undefined {
  const ends = pods.map((pod) => workerState(pod).terminated).filter((t) => t !== undefined && t.exitCode !== 0)
  // Those that were stopped because another had failed say less than that one does.
  const first = ends.find((t) => t!.exitCode !== sigtermExit) ?? ends[0]
  return first && failure(first.exitCode, first.reason)
}

/** `Container worker for pod stf/x failed with exit code 3 matching FailJob rule at index 0`: of a pod that is gone. */
function exitOfMessage(message: string | undefined): EndState | undefined {
  const code = /failed with exit code (\d+)/.exec(message ?? '')?.[1]
  return code === undefined ? undefined : failure(Number(code), undefined)
}

function evictionOf(pods: readonly ObservedPod[]): EndState | undefined {
  const evicted = pods.find((pod) => pod.status.phase === 'Failed' && pod.status.reason !== undefined)
  return evicted && { status: 'failed', exitCode: undefined, signal: undefined, reason: `${evicted.status.reason}: ${evicted.status.message ?? 'the node gives no reason'}` }
}

const sigtermExit = 128 + constants.signals.SIGTERM
const sigkillExit = 128 + constants.signals.SIGKILL

/** A worker that drains after SIGTERM ends by itself with 143, and has said its last words; only SIGKILL takes them away. */
function failure(exitCode: number, reason: string | undefined): EndState {
  if (reason === 'OOMKilled') return { status: 'failed', exitCode, signal: 'SIGKILL', reason: 'OOMKilled: it took more memory than its limit' }
  if (exitCode === sigkillExit) return { status: 'failed', exitCode, signal: 'SIGKILL', reason: 'killed by SIGKILL' }
  const known = reason && !['Error', 'Completed'].includes(reason) ? ` (${reason})` : ''
  return { status: 'failed', exitCode, signal: undefined, reason: `exit code ${exitCode}${exitCode === sigtermExit ? ': stopped by SIGTERM' : ''}${known}` }
}

/** A job that a Kubernetes Job carries, alone or beside others. */
export interface Member {
  job: JobName
  /** Annotations that say how it ended, and that somebody was told so. */
  keys: { end: string; reported: string; forgotten?: string }
}

/** Empty for a Job that is not one of ours; without those that were forgotten. */
export function membersOf({ metadata }: ObservedJob): Member[] {
  const alone = readName(metadata.annotations)
  if (alone) return [{ job: alone, keys: { end: annotations.end, reported: annotations.reported } }]
  return (readGroup(metadata.annotations) ?? []).map((job) => ({ job, keys: memberKeys(job) })).filter(({ keys }) => metadata.annotations[keys.forgotten] === undefined)
}

/** What was recorded of its own end counts before that of the whole Job: it may have been cancelled while the others went on. */
export const memberState = (job: ObservedJob, { keys }: Member, pods: readonly ObservedPod[]): JobState =>
  readEnd(job.metadata.annotations[keys.end]) ?? jobState(job, pods)

export const memberEnded = (job: ObservedJob, { keys }: Member) =>
  isFinished(job) || job.metadata.annotations[keys.end] !== undefined || job.metadata.annotations[annotations.end] !== undefined

export const memberInfo = (job: ObservedJob, member: Member, pods: readonly ObservedPod[]): JobInfo =>
  ({ ...member.job, name: jobName(member.job), state: memberState(job, member, pods), startedAt: job.metadata.creationTimestamp.getTime() })

/** All jobs that the Job carries; empty for one that is not ours. */
export const jobInfos = (job: ObservedJob, pods: readonly ObservedPod[]): JobInfo[] => membersOf(job).map((member) => memberInfo(job, member, pods))
