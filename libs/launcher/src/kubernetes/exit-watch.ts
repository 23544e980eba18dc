import { setTimeout as delay } from 'node:timers/promises'
import { jobName, type JobInfo } from '../launcher.ts'
import type { ClusterApi } from './cluster-api.ts'
import { followList, type Followed } from './follow-list.ts'
import { endJob, podsOfJob } from './job-ends.ts'
import { isFinished, memberEnded, memberInfo, membersOf, recordEnd, type Member } from './job-state.ts'
import { annotations, ownSelector } from './object-name.ts'
import type { ObservedJob } from './observed.ts'
import { hopelessStart, waitingFor } from './start-problem.ts'

export interface ExitWatchOptions {
  api: ClusterApi
  now: () => number
  /** Milliseconds after which a Job none of whose pods could start has failed. */
  startMs: number
  onFailure: (error: unknown, attempt: number) => void
  /** Milliseconds between looks at Jobs that have not started. Default 1,000. */
  lookMs?: number
}

export interface ExitWatch {
  add(callback: (job: JobInfo) => void): () => void
  close(): Promise<void>
}

/** Tells of every Job's end once: an annotation on it says that it has been told. It follows the cluster from the first callback on. */
export function exitWatch({ api, now, startMs, onFailure, lookMs = 1_000 }: ExitWatchOptions): ExitWatch {
  const stopping = new AbortController()
  const callbacks = new Set<(job: JobInfo) => void>()
  /** Told by us: the annotation may not have arrived yet. */
  const told = new Set<string>()
  const telling = new Map<string, Promise<void>>()
  let followed: Followed<ObservedJob> | undefined
  let looking: Promise<void> | undefined

  const keyOf = (job: ObservedJob, member: Member) => `${job.metadata.uid} ${jobName(member.job)}`
  const isMarked = (job: ObservedJob, { keys }: Member) => job.metadata.annotations[keys.reported] !== undefined
  const untold = (job: ObservedJob) => membersOf(job).filter((member) => !isMarked(job, member))
  const hasEnd = (job: ObservedJob) => isFinished(job) || job.metadata.annotations[annotations.end] !== undefined
  const dueOf = (job: ObservedJob) => untold(job).filter((member) => memberEnded(job, member))

  const tell = async (job: ObservedJob) => {
    const pods = podsOfJob(job, await api.pods(ownSelector))
    const marks: Record<string, string> = {}
    for (const member of dueOf(job)) {
      const info = memberInfo(job, member, pods)
      if (info.state.status === 'running') continue
      if (!told.has(keyOf(job, member))) {
        told.add(keyOf(job, member))
        for (const callback of callbacks) callback(info)
      }
      Object.assign(marks, { [member.keys.end]: recordEnd(info.state), [member.keys.reported]: 'true' })
    }
    if (Object.keys(marks).length > 0) await api.patchJob(job.metadata.name, { annotations: marks })
  }
  const onPut = (job: ObservedJob) => {
    const { uid } = job.metadata
    if (telling.has(uid) || dueOf(job).length === 0) return
    // What fails here is tried again at the next look.
    telling.set(uid, tell(job).catch((error: unknown) => onFailure(error, 1)).finally(() => telling.delete(uid)))
  }
  const onGone = (job: ObservedJob) => {
    const gone = { status: 'failed', exitCode: undefined, signal: undefined, reason: 'its Job was deleted' } as const
    for (const member of membersOf(job)) {
      if (told.delete(keyOf(job, member)) || isMarked(job, member)) continue
      const info = memberInfo(job, member, [])
      for (const callback of callbacks) callback(info.state.status === 'running' ? { ...info, state: gone } : info)
    }
  }

  /** Jobs that wait for something that will not come, which Kubernetes itself would wait for forever. */
  const look = async () => {
    const jobs = [...(followed?.values() ?? [])].filter((job) => untold(job).length > 0)
    jobs.forEach(onPut)
    const starting = jobs.filter((job) => !hasEnd(job) && job.status.ready === 0 && job.status.succeeded === 0)
    if (starting.length === 0) return
    const pods = await api.pods(ownSelector)
    for (const job of starting) {
      const own = podsOfJob(job, pods)
      const hopeless = hopelessStart(own)
      if (hopeless !== undefined) await endJob(api, job, hopeless)
      else if (now() - job.metadata.creationTimestamp.getTime() > startMs) {
        const waits = waitingFor(own, await api.events(job.metadata.uid))
        if (waits !== undefined) await endJob(api, job, `could not start within ${Math.round(startMs / 1000)} s: ${waits}`)
      }
    }
  }
  const keepLooking = async () => {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) => { if (!stopping.signal.aborted) onFailure(error, 1) })
      await delay(lookMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  return {
    add(callback) {
      callbacks.add(callback)
      followed ??= followList({ source: api.jobs, keyOf: (job) => job.metadata.uid, onPut, onGone, onFailure })
      looking ??= keepLooking()
      return () => callbacks.delete(callback)
    },
    async close() {
      stopping.abort()
      callbacks.clear()
      await followed?.close()
      await looking
      await Promise.all(telling.values())
    },
  }
}
