import { StreamForgeError } from '@streamforge/contracts'
import { appOfImage } from '../programs.ts'
import type { JobResources } from './job-manifest.ts'

/** What an app of the allow-list runs with. */
export interface WorkerImage {
  resources: JobResources
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
