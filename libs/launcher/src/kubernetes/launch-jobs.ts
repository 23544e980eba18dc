import { StreamForgeError, type StartCommand } from '@streamforge/contracts'
import { jobName, type JobInfo, type JobName } from '../launcher.ts'
import type { ClusterApi } from './cluster-api.ts'
import { carries, findJob, groupsOf } from './find-job.ts'
import { podsOfJob } from './job-ends.ts'
import type { JobManifest } from './job-manifest.ts'
import { groupSpec, jobSpec, podsOf, type JobSpecOptions } from './job-spec.ts'
import { jobInfos } from './job-state.ts'
import { ownSelector } from './object-name.ts'
import type { ObservedJob } from './observed.ts'

/** Makes the job's Job, unless there is one that carries it. */
export async function launchJob(api: ClusterApi, start: StartCommand, options: JobSpecOptions): Promise<JobInfo> {
  const manifest = jobSpec(start, options)
  // A restart of the caller may ask alone for what it had asked for in a group.
  const shared = (await groupsOf(api)).find((job) => carries(job, start))
  return infoOf(api, shared ?? await createJob(api, manifest), start)
}

/** Makes one Job for those that no Job carries yet. A Job of several pods is a job's own. */
export async function launchGroup(api: ClusterApi, starts: readonly StartCommand[], options: JobSpecOptions): Promise<JobInfo[]> {
  for (const start of starts) jobSpec(start, options)
  const known = await Promise.all(starts.map((start) => findJob(api, start)))
  const fresh = starts.filter((start, i) => !known[i] && podsOf(start) === 1)
  const shared = isSeveral(fresh) ? await createJob(api, groupSpec(fresh, options)) : undefined
  return Promise.all(starts.map(async (start, i) => {
    const job = known[i] ?? (shared && fresh.includes(start) ? shared : await createJob(api, jobSpec(start, options)))
    return infoOf(api, job, start)
  }))
}

const isSeveral = (starts: readonly StartCommand[]): starts is readonly [StartCommand, StartCommand, ...StartCommand[]] => starts.length > 1

async function infoOf(api: ClusterApi, job: ObservedJob, start: JobName): Promise<JobInfo> {
  const own = (pods: Parameters<typeof jobInfos>[1]) => jobInfos(job, pods).find((info) => info.name === jobName(start))
  const info = own([])
  if (!info) throw new StreamForgeError('LAUNCHER_UNAVAILABLE', `Job ${job.metadata.name} is there and does not carry ${jobName(start)}`, { remedy: 'delete the Job: it is not one of queue-manager' })
  return info.state.status === 'running' ? info : own(podsOfJob(job, await api.pods(ownSelector))) ?? info
}

async function createJob(api: ClusterApi, manifest: JobManifest): Promise<ObservedJob> {
  const { name, namespace } = manifest.metadata
  const created = await api.createJob(manifest).catch(async (error: unknown) => {
    // The name says which job it is: whoever was first, it is there.
    if (!(error instanceof StreamForgeError && error.code === 'CONFLICT')) throw notFoundAsFailure(error, namespace)
    return api.getJob(name)
  })
  if (!created) throw new StreamForgeError('LAUNCHER_UNAVAILABLE', `Job ${name} was there and is gone`, { remedy: 'it is tried again' })
  return created
}

/** Creating says 404 only of the namespace. */
function notFoundAsFailure(error: unknown, namespace: string): unknown {
  if (!(error instanceof StreamForgeError && error.code === 'NOT_FOUND')) return error
  return new StreamForgeError('LAUNCH_FAILED', `the namespace ${namespace} is not there`, { cause: error, remedy: 'apply k8s/overlays first, or set KUBERNETES_NAMESPACE' })
}
