import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { kubectlProgram, kubernetesAvailable, startKubernetes, type KubernetesServer } from '@streamforge/servers/kubernetes'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const k8s = resolve(import.meta.dirname, '../../../k8s')
const rollouts = 'github.com/argoproj/argo-rollouts@v1.8.3'

interface CronJob { kind: string; spec: { jobTemplate: { spec: { template: { metadata: object; spec: { containers: { image: string }[] } } } } } }

/** The definitions of Argo Rollouts, as its own module has them. */
async function definitions(): Promise<{ folder: string } | { reason: string }> {
  try {
    const { stdout } = await run('go', ['mod', 'download', '-json', rollouts], { cwd: tmpdir(), timeout: 60_000 })
    return { folder: join((JSON.parse(stdout) as { Dir: string }).Dir, 'manifests/crds') }
  } catch (error) {
    return { reason: `go mod download ${rollouts}: ${(error as Error).message.slice(0, 200)}` }
  }
}

const kubernetes = await kubernetesAvailable({ node: false })
const found = kubernetes.ok ? await definitions() : { reason: kubernetes.reason }
const skipped = 'reason' in found ? ` (skipped: ${found.reason})` : ''

describe.skipIf(skipped !== '')(`the rollout of queue-manager on a real API server, by Argo Rollouts' own definitions${skipped}`, () => {
  let server: KubernetesServer
  let folder: string
  let overlay: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-progressive-'))
    server = await startKubernetes({ node: false })
    const files = ['rollout', 'analysis-template', 'analysis-run', 'cluster-analysis-template', 'experiment'].flatMap((name) => ['-f', join((found as { folder: string }).folder, `${name}-crd.yaml`)])
    await server.kubectl('apply', '--server-side', ...files)
    await server.kubectl('wait', '--for=condition=Established', '--timeout=30s', 'crd/rollouts.argoproj.io', 'crd/analysistemplates.argoproj.io')
    await server.kubectl('apply', '-f', join(k8s, 'base/namespace.yaml'))
    const { stdout } = await run(await kubectlProgram(), ['kustomize', join(k8s, 'overlays/production-progressive')], { maxBuffer: 10_000_000 })
    await writeFile(overlay = join(folder, 'overlay.yaml'), stdout)
  }, 120_000)
  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  }, 30_000)

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
})
