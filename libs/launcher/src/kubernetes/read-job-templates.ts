import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamForgeError } from '@streamforge/contracts'
import type { z } from 'zod'
import { JobTemplate } from './job-template.ts'
import { patchManifest } from './patch-manifest.ts'

/** By app. */
export type JobTemplates = Readonly<Record<string, JobTemplate>>

/** What a patch for all apps is named. */
const every = 'every'
const patchFile = (name: string) => `${name}.patch.yaml`
const shownProblems = 12

/**
 * The templates of these apps: for each `<app>.yaml`, with `every.patch.yaml` and `<app>.patch.yaml` on it where a folder has them. Whatever a template says
 * wrong is said here, so that no Job fails of it later.
 * @throws StreamForgeError BAD_CONFIG naming files, fields and what was expected
 */
export async function readJobTemplates(directory: string, apps: readonly string[]): Promise<JobTemplates> {
  const problems: string[] = []
  // A ConfigMap's folder has its versions beside the files, under names with a dot in front.
  const files = (await readdir(directory).catch((cause: Error) => { throw unusable(directory, [cause.message], cause) })).filter((name) => !name.startsWith('.'))
  const known = new Set([patchFile(every), ...apps.flatMap((app) => [`${app}.yaml`, patchFile(app)])])
  for (const name of files.filter((name) => !known.has(name))) problems.push(`${name} belongs to no app: expected are <app>.yaml and <app>.patch.yaml of ${apps.join(', ')}, and ${patchFile(every)}`)
  const manifests = new Map(await Promise.all(files.filter((name) => known.has(name)).map(async (name) => [name, await readManifest(directory, name, problems)] as const)))
  const templates = apps.map((app) => [app, templateOf(app, manifests, problems)] as const)
  if (problems.length > 0) throw unusable(directory, problems)
  return Object.fromEntries(templates) as JobTemplates
}

async function readManifest(directory: string, name: string, problems: string[]): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { parseDocument } = await import('yaml')
  const document = parseDocument(await readFile(join(directory, name), 'utf8'), { prettyErrors: true })
  const read: unknown = document.errors.length > 0 ? undefined : document.toJS()
  const expected = name.replace(/(\.patch)?\.yaml$/, '')
  const { metadata } = (read ?? {}) as { metadata?: { name?: unknown } }
  if (document.errors.length > 0) problems.push(`${name}: ${document.errors[0]!.message.split('\n')[0]!.replace(/:$/, '')}`)
  else if (metadata?.name !== expected) problems.push(`${name}: metadata.name: expected ${expected}`)
  else return read as Record<string, unknown>
  return undefined
}

function templateOf(app: string, manifests: ReadonlyMap<string, unknown>, problems: string[]): JobTemplate | undefined {
  const own = `${app}.yaml`
  if (!manifests.has(own)) problems.push(`${own} is missing`)
  const patches = [patchFile(every), patchFile(app)].filter((name) => manifests.get(name) !== undefined)
  if (manifests.get(own) === undefined) return undefined
  const patched = patches.reduce((manifest, name) => patchManifest(manifest, manifests.get(name)), manifests.get(own))
  const { data, error } = JobTemplate.safeParse(patchManifest(patched, { metadata: { name: app } }))
  const where = [own, ...patches].join(' with ')
  problems.push(...(error?.issues ?? []).flatMap(problemsOf).map((problem) => `${where}: ${problem}`))
  // As in k8s/base's Deployments; queue-manager puts registry and version of this release there.
  const image = data?.spec.template.spec.containers[0].image
  if (image !== undefined && image !== placeholderImage(app)) problems.push(`${where}: spec.template.spec.containers.0.image: expected ${placeholderImage(app)}: which image runs is said by IMAGE_REGISTRY and IMAGE_VERSION`)
  return data
}

const placeholderImage = (app: string) => `registry/${app}:version`

/** Fields of a Job that this platform gives its meaning. */
const given = new Set([
  'namespace', 'labels', 'backoffLimit', 'ttlSecondsAfterFinished', 'completions', 'parallelism', 'completionMode', 'podFailurePolicy', 'activeDeadlineSeconds', 'suspend', 'selector',
  'manualSelector', 'envFrom', 'automountServiceAccountToken', 'enableServiceLinks', 'terminationMessagePolicy',
])

function problemsOf(issue: z.core.$ZodIssue): string[] {
  const at = (...more: PropertyKey[]) => [...issue.path, ...more].join('.')
  if (issue.code !== 'unrecognized_keys') return [`${at()}: ${issue.message}`]
  return issue.keys.map((key) => `${at(key)}: ${given.has(key) ? "queue-manager's to set: leave it away" : 'is not a thing that a template may hold'}`)
}

function unusable(directory: string, problems: readonly string[], cause?: unknown): StreamForgeError {
  const more = problems.length > shownProblems ? `; and ${problems.length - shownProblems} more` : ''
  return new StreamForgeError('BAD_CONFIG', `the Job templates in ${directory} cannot be used: ${problems.slice(0, shownProblems).join('; ')}${more}`, {
    cause, remedy: 'mend them in k8s/base/job-templates or in the overlay, as docs/OPERATIONS.md says, and apply it again; JOB_TEMPLATES_DIR says where queue-manager reads them',
  })
}
