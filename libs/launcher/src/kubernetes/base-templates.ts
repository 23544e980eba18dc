import { resolve } from 'node:path'
import type { JobTemplate } from './job-template.ts'
import { patchManifest } from './patch-manifest.ts'
import { readJobTemplates, type JobTemplates } from './read-job-templates.ts'

/** Those of this repository, by which tests make Jobs too. */
export const baseTemplatesFolder = resolve(import.meta.dirname, '../../../../k8s/base/job-templates')
export const baseApps = ['loader-api', 'loader-ws', 'arango-connector', 'processor', 'graph-builder', 'trainer', 'predictor', 'dummy-service']

/** For other apps: what dummy-service has, with these resources. */
export async function templatesFor(apps: readonly string[], resources: { cpu: string; memory: string; memoryLimit: string }): Promise<JobTemplates> {
  const { 'dummy-service': template } = await readJobTemplates(baseTemplatesFolder, baseApps)
  const { cpu, memory, memoryLimit } = resources
  return Object.fromEntries(apps.map((app) => [app, patchManifest(template, {
    metadata: { name: app },
    spec: { template: { spec: { containers: [{ name: 'worker', image: `registry/${app}:version`, resources: { requests: { cpu, memory }, limits: { memory: memoryLimit } } }] } } },
  }) as JobTemplate]))
}
