import { setTimeout as delay } from 'node:timers/promises'
import { jobName, type JobName } from '../launcher.ts'
import type { ClusterApi } from './cluster-api.ts'
import { endJob, podsOfJob } from './job-ends.ts'
import { isSettled, jobState, memberEnded, membersOf, recordEnd } from './job-state.ts'
import { ownSelector } from './object-name.ts'
import { hasStarted, isOver } from './observed.ts'

const leftToOthersEnd = recordEnd({ status: 'failed', exitCode: undefined, signal: 'SIGTERM', reason: 'cancelled; its process goes on with other jobs' })

/** Ends a job whose process others need; false: nobody else does, and the process is to be ended. True as well for one that has ended before. */
export async function leaveToOthers(api: ClusterApi, object: string, name: JobName): Promise<boolean> {
  const job = await api.getJob(object)
  if (!job) return true
  const members = membersOf(job)
  const own = members.find((member) => jobName(member.job) === jobName(name))
  if (!own || members.length === 1 || !members.some((member) => member !== own && !memberEnded(job, member))) return false
  if (!memberEnded(job, own)) await api.patchJob(object, { annotations: { [own.keys.end]: leftToOthersEnd } })
  return true
}

const pollMs = 200
/** After the grace Kubernetes takes a moment to notice; a pod of a node that is gone never ends by itself. */
const unansweredMs = 15_000

/**
 * The pods are deleted with the grace asked for, and how they end is how the Job does. A Job none of whose pods has run would make others
 * instead: it is ended first.
 */
export async function cancelJob(api: ClusterApi, object: string, graceMs: number): Promise<void> {
  const job = await api.getJob(object)
  if (!job) return
  const pods = podsOfJob(job, await api.pods(ownSelector))
  if (!isSettled(job) && !pods.some(hasStarted)) await endJob(api, job, 'cancelled before it had started')
  const grace = Math.max(1, Math.ceil(graceMs / 1000))
  await Promise.all(pods.filter((pod) => !isOver(pod)).map((pod) => api.deletePod(pod.metadata.name, grace)))
  for (let waited = 0; ; waited += pollMs) {
    const now = await api.getJob(object)
    if (!now) return
    const left = podsOfJob(now, await api.pods(ownSelector)).filter((pod) => !isOver(pod))
    if (left.length === 0 && jobState(now, []).status !== 'running') return
    if (waited > grace * 1000 + unansweredMs) {
      await endJob(api, now, 'cancelled; its pods did not answer and were given up')
      await Promise.all(left.map((pod) => api.deletePod(pod.metadata.name, 0)))
      return
    }
    // One made meanwhile, in place of one that went without an exit status.
    await Promise.all(left.filter((pod) => !pod.metadata.deletionTimestamp).map((pod) => api.deletePod(pod.metadata.name, grace)))
    await delay(pollMs)
  }
}
