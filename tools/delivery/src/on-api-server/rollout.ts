import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { beforeAll, expect, it } from 'vitest'
import { kustomize, repositoryRoot, type ApiServer } from './api-server.ts'

const k8s = join(repositoryRoot, 'k8s')

interface CronJob { kind: string; spec: { jobTemplate: { spec: { template: { metadata: object; spec: { containers: { image: string }[] } } } } } }

/** The rollout of queue-manager, by Argo Rollouts' own definitions. */
export function rolloutChecks(apiServer: () => ApiServer): void {
  let server: ApiServer['server']
  let folder: string
  let overlay: string
  beforeAll(async () => {
    ({ server, folder } = apiServer())
    await writeFile(overlay = join(folder, 'overlay.yaml'), await kustomize(join(k8s, 'overlays/production-progressive')))
  })

  it('every field is known', async () => {
    const said = await server.kubectl('apply', '--dry-run=server', '--validate=strict', '-f', overlay)
    expect(said).toContain('rollout.argoproj.io/queue-manager created')
    expect(said).toContain('analysistemplate.argoproj.io/queue-manager created')
    expect(said).not.toMatch(/warning/i)
  }, 60_000)

  it("Pod Security's restricted accepts the pods of the CronJob, which has a plan for weekdays in New York", async () => {
    const cron = parseAllDocuments(await readFile(overlay, 'utf8')).map((document) => document.toJS() as CronJob).find(({ kind }) => kind === 'CronJob')!
    expect(cron.spec).toMatchObject({ timeZone: 'America/New_York', concurrencyPolicy: 'Forbid' })
    const { metadata, spec } = cron.spec.jobTemplate.spec.template
    expect(spec.containers[0]!.image).toMatch(/^registry\.example\/streamforge\/feed-fetcher:v/)
    await server.kubectl('apply', '-f', join(k8s, 'base/feed-fetcher/service-account.yaml'), '-n', 'stf')
    const file = join(folder, 'pod.json')
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'stock-fetcher', namespace: 'stf' }, spec }))
    await server.kubectl('create', '--dry-run=server', '-f', file)
  }, 30_000)

  it('a wrong one is refused', async () => {
    const file = join(folder, 'wrong.yaml')
    await writeFile(file, 'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: wrong, namespace: stf}\nspec: {strategy: {canary: {steps: [{setWait: 10}]}}}\n')
    await expect(server.kubectl('apply', '--dry-run=server', '--validate=strict', '-f', file)).rejects.toThrow('setWait')
  }, 30_000)
}
