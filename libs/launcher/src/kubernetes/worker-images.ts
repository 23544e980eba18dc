import { StreamForgeError } from '@streamforge/contracts'
import { appOfImage } from '../programs.ts'
import type { JobResources } from './job-manifest.ts'

/** What an app of the allow-list runs with. */
export interface WorkerImage {
  resources: JobResources
  /** More for each further job that shares the pod: thousandths of a core, and MiB that count for the request and, four times, for the limit. */
  eachMore?: { millicores: number; mebibytes: number }
  /** Beside the assignment and the cluster's ConfigMap and Secret, such as NODE_OPTIONS. */
  env?: Readonly<Record<string, string>>
  /** In place of the image's own entrypoint. */
  command?: readonly [string, ...string[]]
}

export interface AllowedImages {
  /** Where images come from, without app and tag: `registry.example/streamforge`. */
  registry: string
  apps: Readonly<Record<string, WorkerImage>>
}

/**
 * The whole name counts on a cluster, for whatever it names runs there: this registry, an app of the list, a tag or digest.
 * @throws StreamForgeError IMAGE_NOT_ALLOWED
 */
export function allowedImage(image: string, { registry, apps }: AllowedImages): { app: string; worker: WorkerImage } {
  const app = appOfImage(image)
  const worker = Object.hasOwn(apps, app) ? apps[app] : undefined
  const rest = image.startsWith(`${registry}/${app}`) ? image.slice(registry.length + 1 + app.length) : ''
  if (!worker || !/^(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$/.test(rest) || rest === '') {
    throw new StreamForgeError('IMAGE_NOT_ALLOWED', `image '${image}' is not one that may be launched`, {
      remedy: `allowed are ${Object.keys(apps).join(', ') || 'none'} of ${registry}, with a tag or a digest`, details: { image },
    })
  }
  return { app, worker }
}

/** What a pod is given that carries so many jobs. */
export function resourcesFor({ resources, eachMore }: WorkerImage, jobs: number): JobResources {
  if (!eachMore || jobs === 1) return resources
  const mebibytes = (jobs - 1) * eachMore.mebibytes
  return {
    cpu: `${millicores(resources.cpu) + (jobs - 1) * eachMore.millicores}m`,
    memory: `${inMebibytes(resources.memory) + mebibytes}Mi`, memoryLimit: `${inMebibytes(resources.memoryLimit) + 4 * mebibytes}Mi`,
  }
}

const millicores = (cpu: string) => (cpu.endsWith('m') ? Number(cpu.slice(0, -1)) : Math.round(Number(cpu) * 1000))

function inMebibytes(memory: string): number {
  const units = { Ki: 1 / 1024, Mi: 1, Gi: 1024 } as const
  const unit = memory.slice(-2) as keyof typeof units
  return Math.ceil(unit in units ? Number(memory.slice(0, -2)) * units[unit] : Number(memory) / 2 ** 20)
}
