import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { baseApps, baseTemplatesFolder } from './base-templates.ts'
import { patchManifest } from './patch-manifest.ts'
import { amountOf } from './quantity.ts'
import { readJobTemplates } from './read-job-templates.ts'

describe('Job templates', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-job-templates-'))
    for (const app of baseApps) await copyFile(join(baseTemplatesFolder, `${app}.yaml`), join(folder, `${app}.yaml`))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const read = () => readJobTemplates(folder, baseApps)
  const patch = (name: string, spec: object, rest: object = {}) =>
    writeFile(join(folder, `${name}.patch.yaml`), JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template: { spec } }, ...rest }))
  const container = (fields: object) => ({ containers: [{ name: 'worker', ...fields }] })
  const refusal = async () => (await read().then(() => { throw new Error('was taken') }, (error: unknown) => error)) as { code: string; message: string; remedy: string }

  it('are read from a ConfigMap as it lies in a pod, and patched for all and for one', async () => {
    await mkdir(join(folder, '..2026_11_22'))
    await symlink('..2026_11_22', join(folder, '..data'))
    await patch('every', { nodeSelector: { 'kubernetes.io/arch': 'arm64' }, ...container({ resources: { requests: { cpu: '10m', memory: '64Mi' } } }) })
    await patch('trainer', { tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }], ...container({ resources: { requests: { memory: '1Gi' } } }) })
    const { trainer, processor } = await read()
    expect(trainer!.spec.template.spec).toMatchObject({ nodeSelector: { 'kubernetes.io/arch': 'arm64' }, tolerations: [{ key: 'nvidia.com/gpu' }] })
    expect(trainer!.spec.template.spec.containers[0].resources).toEqual({ requests: { cpu: '10m', memory: '1Gi' }, limits: { memory: '4096Mi' } })
    expect(processor!.spec.template.spec.containers[0].resources).toEqual({ requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '512Mi' } })
    expect(processor!.spec.template.spec.tolerations).toBeUndefined()
    expect(Object.keys(await read()).sort()).toEqual([...baseApps].sort())
  })

  it.each<[string, object, RegExp]>([
    ['the host', { hostNetwork: true }, /trainer\.yaml with trainer\.patch\.yaml: spec\.template\.spec\.hostNetwork: is not a thing that a template may hold/],
    ['an account', { serviceAccountName: 'admin' }, /serviceAccountName: is not a thing/],
    ['its token', { automountServiceAccountToken: true }, /automountServiceAccountToken: queue-manager's to set/],
    ["the platform's label of nodes", { nodeSelector: { 'streamforge-worker': 'false' } }, /nodeSelector: streamforge-worker is queue-manager's/],
    ['restarts', { restartPolicy: 'OnFailure' }, /restartPolicy: .*Never/],
    ['root', { securityContext: { runAsNonRoot: false } }, /securityContext\.runAsNonRoot: .*true/],
    ['root by number', { securityContext: { runAsUser: 0 } }, /runAsUser/],
    ['privileges', container({ securityContext: { privileged: true } }), /containers\.0\.securityContext\.privileged: is not a thing/],
    ['capabilities', container({ securityContext: { capabilities: { drop: [] } } }), /capabilities\.drop/],
    ['another image', container({ image: 'evil.example/miner:1' }), /containers\.0\.image: expected registry\/trainer:version/],
    ['a second container', { containers: [{ name: 'sidecar', image: 'x' }] }, /containers: expected one container, worker/],
    ['variables of the assignment', container({ env: [{ name: 'QUEUE_ID', value: 'x' }] }), /env\.1\.name: expected another name/],
    ['variables of the pod', container({ env: [{ name: 'DATA_DIR', value: '/x' }] }), /env\.1\.name: expected another name/],
    ['a number for a text', container({ env: [{ name: 'X', value: 1 }] }), /env\.1\.value: expected a text, in quotes/],
    ['whose environment it has', container({ envFrom: [{ secretRef: { name: 'backup' } }] }), /envFrom: queue-manager's to set/],
    ["the node's folders", { volumes: [{ name: 'data', emptyDir: null, hostPath: { path: '/' } }] }, /volumes\.0: expected an emptyDir/],
    ['any Secret', { volumes: [{ name: 'other', secret: { secretName: 'backup' } }] }, /volumes\.\d: expected an emptyDir/],
    ['a volume of nobody', container({ volumeMounts: [{ name: 'models', mountPath: '/models' }] }), /volumes: expected the volume models, which is mounted/],
    ['nowhere to write', container({ volumeMounts: [{ mountPath: '/tmp', $patch: 'delete' }] }), /expected a volume to write to at \/tmp/],
    ['more than the limit', container({ resources: { requests: { memory: '5Gi' } } }), /requests\.memory: expected no more than the limit, 4096Mi/],
    ['devices to lend', container({ resources: { requests: { 'nvidia.com/gpu': '1' }, limits: { 'nvidia.com/gpu': '2' } } }), /nvidia\.com\/gpu: expected what limits say/],
    ['no amount', container({ resources: { requests: { cpu: 'much' } } }), /requests\.cpu: expected an amount such as/],
    ['too little time to end', { terminationGracePeriodSeconds: 1 }, /terminationGracePeriodSeconds: expected at least 25/],
  ])('refuse %s', async (_, spec, message) => {
    await patch('trainer', spec)
    const error = await refusal()
    expect(error).toMatchObject({ code: 'BAD_CONFIG', message: expect.stringMatching(message) as string })
    expect(error.remedy).toContain('docs/OPERATIONS.md')
  })

  it.each<[string, object]>([
    ['backoffLimit', { spec: { backoffLimit: 6 } }], ['ttlSecondsAfterFinished', { spec: { ttlSecondsAfterFinished: 1 } }], ['podFailurePolicy', { spec: { podFailurePolicy: {} } }],
    ['completions', { spec: { completions: 3 } }], ['labels', { metadata: { name: 'trainer', labels: { app: 'other' } } }], ['namespace', { metadata: { name: 'trainer', namespace: 'default' } }],
    ['labels', { spec: { template: { metadata: { labels: { queue_id: 'x' } } } } }],
  ])("refuse %s, which is queue-manager's", async (field, fields) => {
    await patch('trainer', {}, fields)
    expect((await refusal()).message).toMatch(new RegExp(`\\.${field}: queue-manager's to set: leave it away`))
  })

  it('tell all that is wrong at once, by file, and do not grow without end', async () => {
    await rm(join(folder, 'processor.yaml'))
    await writeFile(join(folder, 'loader-ws.yaml'), 'kind: Job\n  name: x\n')
    await writeFile(join(folder, 'predictor.yaml'), '')
    await writeFile(join(folder, 'trianer.patch.yaml'), 'kind: Job')
    await writeFile(join(folder, 'loader-api.patch.yaml'), (await readFile(join(folder, 'trainer.yaml'), 'utf8')))
    const { message } = await refusal()
    for (const part of [/processor\.yaml is missing/, /loader-ws\.yaml: .* at line \d/, /predictor\.yaml: metadata\.name: expected predictor/, /trianer\.patch\.yaml belongs to no app/, /loader-api\.patch\.yaml: metadata\.name: expected loader-api/]) expect(message).toMatch(part)
    await patch('every', Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`field${i}`, true])))
    expect((await refusal()).message.length).toBeLessThan(10_000)
    await rm(folder, { recursive: true })
    expect(await refusal()).toMatchObject({ code: 'BAD_CONFIG', message: expect.stringContaining('ENOENT') as string })
  })
})

describe('a patch', () => {
  it("does what kustomize's does", () => {
    const volumes = [{ name: 'data', emptyDir: { sizeLimit: '1Gi' } }, { name: 'tmp', emptyDir: {} }]
    expect(patchManifest({ volumes }, { volumes: [{ name: 'data', emptyDir: { sizeLimit: '8Gi' } }, { name: 'tmp', $patch: 'delete' }, { name: 'more', emptyDir: {} }] }))
      .toEqual({ volumes: [{ name: 'data', emptyDir: { sizeLimit: '8Gi' } }, { name: 'more', emptyDir: {} }] })
    expect(patchManifest({ a: { b: 1, c: 2 }, list: [1, 2] }, { a: { b: null, d: 3 }, list: [3] })).toEqual({ a: { c: 2, d: 3 }, list: [3] })
    expect(patchManifest({ mounts: [{ name: 'data', mountPath: '/a' }] }, { mounts: [{ name: 'data', mountPath: '/b' }] })).toEqual({ mounts: [{ name: 'data', mountPath: '/a' }, { name: 'data', mountPath: '/b' }] })
  })
})

it.each([['250m', 0.25], ['2', 2], ['1.5', 1.5], ['1Ki', 1024], ['512Mi', 2 ** 29], ['1Gi', 2 ** 30], ['1k', 1000]])('%s is %d', (quantity, amount) => { expect(amountOf(quantity)).toBe(amount) })
