import { StreamForgeError } from '@streamforge/contracts'
import { appOfImage } from '../programs.ts'
import { eachMore, type JobTemplate } from './job-template.ts'
import type { Resources } from './pod-shape.ts'
import { amountOf } from './quantity.ts'
import type { JobTemplates } from './read-job-templates.ts'

export interface AllowedImages {
  /** Where images come from, without app and tag: `registry.example/streamforge`. */
  registry: string
  /** Of each app that may run. */
  templates: JobTemplates
}

/**
 * The whole name counts on a cluster, for whatever it names runs there: this registry, an app of the list, a tag or digest.
 * @throws StreamForgeError IMAGE_NOT_ALLOWED
 */
export function allowedImage(image: string, { registry, templates }: AllowedImages): { app: string; template: JobTemplate } {
  const app = appOfImage(image)
  const template = Object.hasOwn(templates, app) ? templates[app] : undefined
  const rest = image.startsWith(`${registry}/${app}`) ? image.slice(registry.length + 1 + app.length) : ''
  if (!template || !/^(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$/.test(rest) || rest === '') {
    throw new StreamForgeError('IMAGE_NOT_ALLOWED', `image '${image}' is not one that may be launched`, {
      remedy: `allowed are ${Object.keys(templates).join(', ') || 'none'} of ${registry}, with a tag or a digest`, details: { image },
    })
  }
  return { app, template }
}

/** What a pod is given that carries so many jobs. */
export function resourcesFor(template: JobTemplate, jobs: number): Resources {
  const [{ resources }] = template.spec.template.spec.containers
  const each = template.metadata.annotations
  if (!each || jobs === 1) return resources
  const { requests, limits } = resources
  const [cpu, memory] = [(jobs - 1) * amountOf(each[eachMore.cpu]), (jobs - 1) * amountOf(each[eachMore.memory])]
  return {
    requests: { ...requests, cpu: `${Math.round((amountOf(requests.cpu) + cpu) * 1000)}m`, memory: inMebibytes(amountOf(requests.memory) + memory) },
    limits: {
      ...limits, memory: inMebibytes(amountOf(limits.memory) + 4 * memory),
      ...(limits['cpu'] !== undefined && { cpu: `${Math.round((amountOf(limits['cpu']) + 4 * cpu) * 1000)}m` }),
    },
  }
}

const inMebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)}Mi`
