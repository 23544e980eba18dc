import type { V1Job } from '@kubernetes/client-node'
import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'
import { launcherError, statusOf } from './api-errors.ts'
import { VersionExpired, type ListSource, type WatchEvent } from './follow-list.ts'
import type { JobManifest } from './job-manifest.ts'
import { ObservedEvent, ObservedJob, ObservedPod } from './observed.ts'

export interface ClusterApiOptions {
  namespace: string
  /** A kubeconfig's path; absent: the pod's own service account, or where there is none, kubectl's default file. */
  kubeconfig?: string | undefined
  /** Milliseconds that one request may take. Default 15,000. */
  timeoutMs?: number
}

/** The few calls that the launcher makes of the API server. All throw StreamForgeError LAUNCHER_UNAVAILABLE while it is away. */
export interface ClusterApi {
  /** @throws StreamForgeError CONFLICT when the name is taken; LAUNCH_FAILED when the server refuses the Job */
  createJob(manifest: JobManifest): Promise<ObservedJob>
  /** Undefined: there is none of this name. */
  getJob(name: string): Promise<ObservedJob | undefined>
  jobs: ListSource<ObservedJob>
  jobsWith(selector: string): Promise<ObservedJob[]>
  pods(selector: string): Promise<ObservedPod[]>
  /** False: it was gone already. */
  patchJob(name: string, patch: { annotations?: Record<string, string>; activeDeadlineSeconds?: number }): Promise<boolean>
  deleteJob(name: string): Promise<void>
  deletePod(name: string, graceSeconds: number): Promise<void>
  /** Empty while the pod has no output, or when it is gone. */
  podLog(name: string, lines: number): Promise<string>
  /** What Kubernetes says of an object, oldest first. */
  events(uid: string): Promise<ObservedEvent[]>
}

const pageSize = 500
const ListMetadata = z.object({ resourceVersion: z.string().default(''), _continue: z.string().optional() })

/** The API server by @kubernetes/client-node, loaded only here: a laptop never needs it. */
export async function openClusterApi({ namespace, kubeconfig, timeoutMs = 15_000 }: ClusterApiOptions, selector: string): Promise<ClusterApi> {
  const { BatchV1Api, CoreV1Api, KubeConfig, PatchStrategy, Watch, setHeaderOptions } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  try {
    if (kubeconfig !== undefined) config.loadFromFile(kubeconfig)
    else config.loadFromDefault()
  } catch (cause) {
    throw new StreamForgeError('BAD_CONFIG', `the Kubernetes configuration cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause, remedy: "KUBECONFIG names a kubeconfig; in a pod leave it away: the pod's service account is used",
    })
  }
  const batch = config.makeApiClient(BatchV1Api)
  const core = config.makeApiClient(CoreV1Api)
  const watcher = new Watch(config)

  /** The library gives its requests no limit of time: one that hangs would hold the caller forever. */
  const ask = async <T>(what: string, request: () => Promise<T>): Promise<T> => {
    const timer = Promise.withResolvers<never>()
    const timeout = setTimeout(() => timer.reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    try {
      return await Promise.race([request(), timer.promise])
    } catch (cause) {
      throw launcherError(what, cause)
    } finally {
      clearTimeout(timeout)
    }
  }
  const unlessGone = <T>(error: unknown): T | undefined => {
    if (error instanceof StreamForgeError && error.code === 'NOT_FOUND') return undefined
    throw error
  }

  const listJobs = async (labelSelector: string) => {
    const items: ObservedJob[] = []
    for (let next: string | undefined; ;) {
      const page = await ask('listing Jobs', () => batch.listNamespacedJob({ namespace, labelSelector, limit: pageSize, ...(next && { _continue: next }) }))
      const { resourceVersion, _continue } = ListMetadata.parse(page.metadata ?? {})
      items.push(...page.items.map((item) => ObservedJob.parse(item)))
      next = _continue || undefined
      if (next === undefined) return { items, resourceVersion }
    }
  }

  return {
    createJob: async (manifest) => ObservedJob.parse(await ask('creating a Job', () => batch.createNamespacedJob({ namespace, body: manifest as V1Job }))),
    async getJob(name) {
      const job = await ask('reading a Job', () => batch.readNamespacedJob({ namespace, name })).catch(unlessGone<V1Job>)
      return job && ObservedJob.parse(job)
    },
    jobs: {
      list: () => listJobs(selector),
      watch: (resourceVersion, signal, onEvent) => watchJobs(
        (onLine, onDone) => watcher.watch(`/apis/batch/v1/namespaces/${encodeURIComponent(namespace)}/jobs`, { labelSelector: selector, resourceVersion, allowWatchBookmarks: true }, onLine, onDone),
        signal, onEvent),
    },
    jobsWith: async (labelSelector) => (await listJobs(labelSelector)).items,
    async pods(labelSelector) {
      const { items } = await ask('listing pods', () => core.listNamespacedPod({ namespace, labelSelector }))
      return items.map((item) => ObservedPod.parse(item))
    },
    async patchJob(name, { annotations, activeDeadlineSeconds }) {
      const body = {
        ...(annotations && { metadata: { annotations } }), ...(activeDeadlineSeconds !== undefined && { spec: { activeDeadlineSeconds } }),
      }
      const patched = await ask('changing a Job', () => batch.patchNamespacedJob({ namespace, name, body }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch)))
        .catch(unlessGone<V1Job>)
      return patched !== undefined
    },
    async deleteJob(name) {
      await ask('deleting a Job', () => batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Background' })).catch(unlessGone)
    },
    async deletePod(name, graceSeconds) {
      await ask('deleting a pod', () => core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: graceSeconds })).catch(unlessGone)
    },
    async podLog(name, lines) {
      // 400: the container has not started.
      return ask("reading a pod's output", () => core.readNamespacedPodLog({ namespace, name, container: 'worker', tailLines: lines }))
        .catch((error: unknown) => {
          if (error instanceof StreamForgeError && statusOf(error.cause) === 400) return ''
          return unlessGone<string>(error) ?? ''
        })
    },
    async events(uid) {
      const { items } = await ask('reading events', () => core.listNamespacedEvent({ namespace, fieldSelector: `involvedObject.uid=${uid}` }))
      const at = (e: ObservedEvent) => (e.lastTimestamp ?? e.eventTime)?.getTime() ?? 0
      return items.map((item) => ObservedEvent.parse(item)).sort((a, b) => at(a) - at(b))
    },
  }
}

const WatchLine = z.object({ type: z.string(), object: z.unknown() })
const Status = z.object({ code: z.number().optional(), message: z.string().optional() })
const Versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) })

type OnLine = (type: string, object: unknown) => void

/** One watch request, from its start to its end. */
async function watchJobs(
  open: (onLine: OnLine, onDone: (error: unknown) => void) => Promise<AbortController>, signal: AbortSignal, onEvent: (event: WatchEvent<ObservedJob>) => void,
): Promise<void> {
  const ended = Promise.withResolvers<void>()
  let failure: unknown
  const onLine: OnLine = (type, object) => {
    try {
      const event = watchEvent(WatchLine.parse({ type, object }))
      if (event && failure === undefined) onEvent(event)
    } catch (error) {
      failure ??= error
    }
  }
  const onDone = (error: unknown) => {
    // A connection on which nothing came for a while is opened again from where it was: that is no failure.
    if (failure !== undefined) ended.reject(failure)
    else if (error && !(error instanceof DOMException && error.name === 'TimeoutError')) ended.reject(watchFailure(error))
    else ended.resolve()
  }
  const request = await open(onLine, onDone)
  const abort = () => request.abort()
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    await ended.promise
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function watchEvent({ type, object }: z.infer<typeof WatchLine>): WatchEvent<ObservedJob> | undefined {
  if (type === 'ERROR') {
    const { code, message } = Status.parse(object)
    if (code === 410) throw new VersionExpired(message)
    throw new StreamForgeError('LAUNCHER_UNAVAILABLE', `the API server ended the watch: ${message ?? 'it does not say why'}`)
  }
  const { resourceVersion } = Versioned.parse(object).metadata
  if (type === 'BOOKMARK') return { type: 'bookmark', resourceVersion }
  const item = ObservedJob.parse(object)
  if (type === 'DELETED') return { type: 'gone', item, resourceVersion }
  return type === 'ADDED' || type === 'MODIFIED' ? { type: 'put', item, resourceVersion } : undefined
}

const watchFailure = (error: unknown) => (statusOf(error) === 410 ? new VersionExpired('the version is too old') : launcherError('watching Jobs', error))
