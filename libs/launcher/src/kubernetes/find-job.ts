import type { JobName } from '../launcher.ts'
import { jobName } from '../launcher.ts'
import type { ClusterApi } from './cluster-api.ts'
import { membersOf } from './job-state.ts'
import { groupLabel, objectName, ownSelector } from './object-name.ts'
import type { ObservedJob } from './observed.ts'

/** The Jobs that several jobs share. */
export const groupsOf = (api: ClusterApi) => api.jobsWith(`${ownSelector},${groupLabel}`)

export const carries = (job: ObservedJob, name: JobName) => membersOf(job).some((member) => jobName(member.job) === jobName(name))

/** The Kubernetes Job of a job, its own or one that it shares; undefined: there is none. */
export async function findJob(api: ClusterApi, name: JobName): Promise<ObservedJob | undefined> {
  return await api.getJob(objectName(name)) ?? (await groupsOf(api)).find((job) => carries(job, name))
}
