import { setTimeout as delay } from 'node:timers/promises'
import { StreamForgeError, type StartCommand } from '@streamforge/contracts'
import type { JobInfo, JobName, Launcher } from '../launcher.ts'
import { jobName } from '../launcher.ts'
import { openClusterApi, type ClusterApi, type ClusterApiOptions } from './cluster-api.ts'
import { exitWatch } from './exit-watch.ts'
import { endJob, podsOfJob } from './job-ends.ts'
import { jobSpec } from './job-spec.ts'
import { isSettled, jobInfo, jobState } from './job-state.ts'
import { objectName, ownSelector } from './object-name.ts'
import { hasStarted, isOver, type ObservedJob } from './observed.ts'
import type { AllowedImages } from './worker-images.ts'

export interface KubernetesLauncherOptions extends ClusterApiOptions {
  /** What may be launched, and with what. */
  images: AllowedImages
  /** Milliseconds after which a Job none of whose pods could start has failed. Default 45,000. */
  startMs?: number
  /** Milliseconds since the epoch. */
  now?: () => number
  /** Told when the API server could not be followed; it is tried again. */
  onFailure?: (error: unknown, attempt: number) => void
}

/**
 * Jobs as Kubernetes Jobs of one namespace. All that is known of them is kept in the cluster: any number of launchers see the same, and
 * one that was restarted goes on. While the API server is away calls reject with LAUNCHER_UNAVAILABLE, and ends are told afterwards.
 */
export async function openKubernetesLauncher(options: KubernetesLauncherOptions): Promise<Launcher> {
  const { namespace, images, now = Date.now, startMs = 45_000, onFailure = () => undefined } = options
  const api = await openClusterApi(options, ownSelector)
  const watch = exitWatch({ api, now, startMs, onFailure })
  return {
    kind: 'kubernetes',
    launch: (start) => launch(api, start, { namespace, images }),
    cancel: (job, { graceMs = 10_000 } = {}) => cancel(api, job, graceMs),
    async list() {
      const [{ items }, pods] = await Promise.all([api.jobs.list(), api.pods(ownSelector)])
      return items.map((job) => jobInfo(job, podsOfJob(job, pods))).filter((info) => info !== undefined)
    },
    onExit: (callback) => watch.add(callback),
    async logs(job, { lines = 50 } = {}) {
      const known = await api.getJob(objectName(job))
      return known ? readLogs(api, known, lines) : []
    },
    async forget(job) {
      const known = await api.getJob(objectName(job))
      if (!known) return
      if (jobState(known, []).status === 'running') {
        throw new StreamForgeError('CONFLICT', `job ${jobName(job)} is still running`, { remedy: 'cancel it first' })
      }
      await api.deleteJob(objectName(job))
    },
    close: () => watch.close(),
  }
}

async function launch(api: ClusterApi, start: StartCommand, options: { namespace: string; images: AllowedImages }): Promise<JobInfo> {
  const manifest = jobSpec(start, options)
  const created = await api.createJob(manifest).catch(async (error: unknown) => {
    // The name says which job it is: whoever was first, it is there.
    if (!(error instanceof StreamForgeError && error.code === 'CONFLICT')) throw notFoundAsFailure(error, options.namespace)
    return api.getJob(manifest.metadata.name)
  })
  if (!created) throw new StreamForgeError('LAUNCHER_UNAVAILABLE', `Job ${manifest.metadata.name} was there and is gone`, { remedy: 'it is tried again' })
  const pods = jobState(created, []).status === 'running' ? [] : podsOfJob(created, await api.pods(ownSelector))
  return jobInfo(created, pods) ?? { ...startName(start), name: jobName(start), state: { status: 'running' }, startedAt: created.metadata.creationTimestamp.getTime() }
}

const startName = ({ queue_id, target, attempt }: StartCommand) => ({ queue_id, target, attempt })

/** Creating says 404 only of the namespace. */
function notFoundAsFailure(error: unknown, namespace: string): unknown {
  if (!(error instanceof StreamForgeError && error.code === 'NOT_FOUND')) return error
  return new StreamForgeError('LAUNCH_FAILED', `the namespace ${namespace} is not there`, { cause: error, remedy: 'apply k8s/overlays first, or set KUBERNETES_NAMESPACE' })
}

const pollMs = 200
/** After the grace Kubernetes takes a moment to notice; a pod of a node that is gone never ends by itself. */
const unansweredMs = 15_000

/**
 * The pods are deleted with the grace asked for, and how they end is how the Job does. A Job none of whose pods has run would make others
 * instead: it is ended first.
 */
async function cancel(api: ClusterApi, name: JobName, graceMs: number): Promise<void> {
  const object = objectName(name)
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

/** Of several pods each line says which it is of. */
async function readLogs(api: ClusterApi, job: ObservedJob, lines: number): Promise<string[]> {
  const pods = podsOfJob(job, await api.pods(ownSelector)).sort((a, b) => a.metadata.creationTimestamp.getTime() - b.metadata.creationTimestamp.getTime())
  const texts = await Promise.all(pods.map(async (pod) => splitLines(await api.podLog(pod.metadata.name, lines))))
  const all = pods.length < 2 ? texts.flat() : texts.flatMap((text, i) => text.map((line) => `${pods[i]!.metadata.name}: ${line}`))
  return all.slice(-lines)
}

function splitLines(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}
