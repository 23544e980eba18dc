import { StreamForgeError } from '@streamforge/contracts'
import type { JobName, Launcher } from '../launcher.ts'
import { jobName } from '../launcher.ts'
import { cancelJob, leaveToOthers } from './cancel-job.ts'
import { openClusterApi, type ClusterApi, type ClusterApiOptions } from './cluster-api.ts'
import { exitWatch } from './exit-watch.ts'
import { findJob } from './find-job.ts'
import { podsOfJob } from './job-ends.ts'
import { isSettled, jobInfos, memberEnded, membersOf } from './job-state.ts'
import { launchJob, launchGroup } from './launch-jobs.ts'
import { ownSelector } from './object-name.ts'
import type { ObservedJob } from './observed.ts'
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
 * Jobs of one group share a Job and its pod; what becomes of each is written beside them.
 */
export async function openKubernetesLauncher(options: KubernetesLauncherOptions): Promise<Launcher> {
  const { namespace, images, now = Date.now, startMs = 45_000, onFailure = () => undefined } = options
  const api = await openClusterApi(options, ownSelector)
  const watch = exitWatch({ api, now, startMs, onFailure })
  const inTurn = oneAfterAnother()
  return {
    kind: 'kubernetes',
    launch: (start) => launchJob(api, start, { namespace, images }),
    launchGroup: (starts) => inTurn(() => launchGroup(api, starts, { namespace, images })),
    async processMates(job) {
      const known = await findJob(api, job)
      return known ? matesOf(known, job) : []
    },
    async cancel(job, { graceMs = 10_000, endProcess = false } = {}) {
      const known = await findJob(api, job)
      // Of two that are cancelled together one must be the last.
      if (!known || (!endProcess && await inTurn(() => leaveToOthers(api, known.metadata.name, job)))) return
      await cancelJob(api, known.metadata.name, graceMs)
    },
    async list() {
      const [{ items }, pods] = await Promise.all([api.jobs.list(), api.pods(ownSelector)])
      return items.flatMap((job) => jobInfos(job, podsOfJob(job, pods)))
    },
    onExit: (callback) => watch.add(callback),
    async logs(job, { lines = 50 } = {}) {
      const known = await findJob(api, job)
      return known ? readLogs(api, known, lines) : []
    },
    forget: (job) => inTurn(() => forget(api, job)),
    close: () => watch.close(),
  }
}

/** Calls that decide by what they read of the cluster, so that none decides by what another is about to change. */
function oneAfterAnother(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const turn = last.then(task)
    last = turn.catch(() => undefined)
    return turn
  }
}

const matesOf = (known: ObservedJob, job: JobName): JobName[] =>
  membersOf(known).filter((member) => jobName(member.job) !== jobName(job) && !memberEnded(known, member)).map((member) => member.job)

async function forget(api: ClusterApi, job: JobName): Promise<void> {
  const known = await findJob(api, job)
  if (!known) return
  const members = membersOf(known)
  const own = members.find((member) => jobName(member.job) === jobName(job))
  if (own && !memberEnded(known, own)) {
    throw new StreamForgeError('CONFLICT', `job ${jobName(job)} is still running`, { remedy: 'cancel it first' })
  }
  if (own?.keys.forgotten !== undefined && (members.length > 1 || !isSettled(known))) {
    await api.patchJob(known.metadata.name, { annotations: { [own.keys.forgotten]: 'true' } })
  } else await api.deleteJob(known.metadata.name)
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
