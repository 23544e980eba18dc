import type { AllowedImages, JobResources, WorkerImage } from '@streamforge/launcher'
import { launchableApps } from './images.ts'

type App = (typeof launchableApps)[number]

/**
 * What each app's pods are given. Requests are what a worker takes while it works, so that as many fit as a node carries; the limit is for
 * memory only, since a worker held back in processor time would fall silent.
 */
const resources: Readonly<Record<App, JobResources>> = {
  'loader-api': { cpu: '100m', memory: '128Mi', memoryLimit: '384Mi' },
  'loader-ws': { cpu: '200m', memory: '160Mi', memoryLimit: '512Mi' },
  'arango-connector': { cpu: '100m', memory: '128Mi', memoryLimit: '512Mi' },
  processor: { cpu: '100m', memory: '160Mi', memoryLimit: '512Mi' },
  'graph-builder': { cpu: '200m', memory: '192Mi', memoryLimit: '1Gi' },
  trainer: { cpu: '500m', memory: '512Mi', memoryLimit: '4Gi' },
  predictor: { cpu: '100m', memory: '256Mi', memoryLimit: '1Gi' },
  'dummy-service': { cpu: '50m', memory: '64Mi', memoryLimit: '256Mi' },
}
/** What a further live queue takes of a process that it shares: docs/BENCHMARKS.md has the runs with several. */
const eachMore: Partial<Record<App, WorkerImage['eachMore']>> = {
  'loader-ws': { millicores: 25, mebibytes: 8 },
  'arango-connector': { millicores: 25, mebibytes: 8 },
}
/** Beside its JavaScript heap a training holds tensors. */
const tensorsMb = 2_048

/** The allow-list of a cluster: the apps of this release, from this registry. */
export function clusterImages({ registry, trainerHeapMb }: { registry: string; trainerHeapMb: number }): AllowedImages {
  const apps = launchableApps.map((app): [App, WorkerImage] => [app, { resources: resources[app], ...(eachMore[app] && { eachMore: eachMore[app] }) }])
  const trainer: WorkerImage = {
    resources: { ...resources.trainer, memoryLimit: `${trainerHeapMb + tensorsMb}Mi` }, env: { NODE_OPTIONS: `--max-old-space-size=${trainerHeapMb}` },
  }
  return { registry, apps: { ...Object.fromEntries(apps), trainer } }
}
