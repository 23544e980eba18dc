import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runToEnd } from '../run-to-end.ts'
import { kubectlProgram, kubernetesAvailable, startKubernetes, type KubernetesServer } from './index.ts'

const k8s = resolve(import.meta.dirname, '../../../../k8s')
const overlays = ['local', 'raspberry-pi', 'production']
const available = await kubernetesAvailable({ node: false })

interface Manifest {
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
  spec?: { template?: { metadata: { labels: Record<string, string> }; spec: { serviceAccountName: string; volumes?: object[]; containers: { image: string; resources?: { limits?: object; requests?: object }; livenessProbe?: object; readinessProbe?: object }[] } }; volumeClaimTemplates?: { metadata: { name: string } }[] }
  data?: Record<string, string>
}

test('no secret is in Git', async () => {
  const files = (await readdir(k8s, { recursive: true })).filter((name) => name.endsWith('.yaml'))
  expect(files.length).toBeGreaterThan(30)
  for (const name of files) expect(await readFile(join(k8s, name), 'utf8'), name).not.toMatch(/^kind: Secret$/m)
})

describe.skipIf(!available.ok)(`manifests on a real API server${available.ok ? '' : ` (skipped: ${available.reason})`}`, () => {
  let server: KubernetesServer
  let folder: string
  const written = new Map<string, { file: string; objects: Manifest[] }>()

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-manifests-'))
    const kubectl = await kubectlProgram()
    server = await startKubernetes({ node: false })
    await server.kubectl('apply', '-f', join(k8s, 'base/namespace.yaml'))
    for (const overlay of overlays) {
      const { status, output } = await runToEnd(kubectl, ['kustomize', join(k8s, 'overlays', overlay)])
      if (status !== 0) throw new Error(output)
      const file = join(folder, `${overlay}.yaml`)
      await writeFile(file, output)
      const list = JSON.parse(await server.kubectl('create', '--dry-run=client', '--validate=false', '-o', 'json', '-f', file).then(asList)) as { items: Manifest[] }
      written.set(overlay, { file, objects: list.items })
    }
  }, 120_000)

  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  }, 30_000)

  test.each(overlays)('%s: every field is known, and nothing is warned of', async (overlay) => {
    const said = await server.kubectl('apply', '--dry-run=server', '--validate=strict', '-f', written.get(overlay)!.file)
    expect(said).not.toMatch(/warning/i)
  }, 60_000)

  test.each(overlays)("%s: Pod Security's restricted accepts every pod", async (overlay) => {
    const workloads = written.get(overlay)!.objects.filter(({ spec }) => spec?.template)
    expect(workloads.length).toBeGreaterThanOrEqual(8)
    await server.kubectl('apply', '-f', await write(folder, 'accounts.json', workloads.map(({ spec }) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: spec!.template!.spec.serviceAccountName, namespace: 'stf' } }))))
    const pods = workloads.map(podOf)
    await server.kubectl('create', '--dry-run=server', '-f', await write(folder, 'pods.json', pods))
    const loose = { ...pods[0]!, spec: { ...pods[0]!.spec, hostNetwork: true } }
    await expect(write(folder, 'loose.json', [loose]).then((file) => server.kubectl('create', '--dry-run=server', '-f', file))).rejects.toThrow('violates PodSecurity "restricted')
  }, 60_000)

  test.each(overlays)('%s: every container says what it takes and how it is, and comes from the registry of the configuration', (overlay) => {
    const { objects } = written.get(overlay)!
    const { IMAGE_REGISTRY, IMAGE_VERSION } = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'streamforge')!.data!
    for (const { metadata, spec } of objects) {
      for (const container of spec?.template?.spec.containers ?? []) {
        expect(container, metadata.name).toMatchObject({ resources: { limits: { memory: expect.anything() as unknown }, requests: { cpu: expect.anything() as unknown, memory: expect.anything() as unknown } }, livenessProbe: {}, readinessProbe: {} })
        expect(container.image).toMatch(new RegExp(`^${IMAGE_REGISTRY!}/[a-z-]+:${IMAGE_VERSION!}$`))
      }
    }
  })

  test('queue-manager may do with Jobs of stf what it must; it may not do more, and others may do nothing', async () => {
    await server.kubectl('apply', '-f', written.get('local')!.file)
    const may = (account: string, verb: string, resource: string, namespace = 'stf') =>
      server.kubectl('auth', 'can-i', verb, resource, '-n', namespace, `--as=system:serviceaccount:stf:${account}`).then((said) => said.trim() === 'yes', () => false)
    for (const verb of ['create', 'get', 'list', 'watch', 'patch', 'delete']) expect(await may('queue-manager', verb, 'jobs.batch'), verb).toBe(true)
    expect(await may('queue-manager', 'get', 'pods/log')).toBe(true)
    expect(await may('queue-manager', 'get', 'secrets')).toBe(false)
    expect(await may('queue-manager', 'create', 'pods')).toBe(false)
    expect(await may('queue-manager', 'create', 'jobs.batch', 'default')).toBe(false)
    expect(await may('dashboard', 'list', 'jobs.batch')).toBe(false)
    expect(await may('default', 'get', 'pods')).toBe(false)
  }, 60_000)
})

/** As its controller would make it, claims included. */
function podOf({ metadata, spec }: Manifest) {
  const { template, volumeClaimTemplates = [] } = spec!
  const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({ name, persistentVolumeClaim: { claimName: `${name}-0` } }))
  return {
    apiVersion: 'v1', kind: 'Pod', metadata: { name: metadata.name, namespace: 'stf', labels: template!.metadata.labels },
    spec: { ...template!.spec, volumes: [...(template!.spec.volumes ?? []), ...claims] },
  }
}

async function write(folder: string, name: string, items: object[]): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  return file
}

/** kubectl prints several objects as a stream, or as a list. */
function asList(output: string): string {
  return output.trimStart().startsWith('{') && output.includes('"kind": "List"') ? output : `{"items":[${output.trim().replace(/\n}\n{/g, '\n},{')}]}`
}
