import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runToEnd } from '@streamforge/servers'
import { kubectlProgram, kubernetesAvailable } from '@streamforge/servers/kubernetes'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shownInManual, templatesIn } from './overlay-templates.ts'

const k8s = resolve(import.meta.dirname, '../../../k8s')
const available = await kubernetesAvailable({ node: false })

describe.skipIf(!available.ok)(`overlays${available.ok ? '' : ` (skipped: ${available.reason})`}`, () => {
  let folder: string
  let kubectl: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-overlays-'))
    kubectl = await kubectlProgram()
    await cp(k8s, join(folder, 'k8s'), { recursive: true })
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const build = async (overlay: string) => {
    const { status, output } = await runToEnd(kubectl, ['kustomize', join(folder, 'k8s/overlays', overlay)])
    expect(status, output).toBe(0)
    return output
  }

  it.each(['local', 'production', 'raspberry-pi', 'production-progressive'])('%s: the version and registry that a pipeline appends to its settings reach every image', async (overlay) => {
    const settings = join(folder, 'k8s/overlays', overlay.replace('-progressive', ''), 'settings/configuration.yaml')
    const before = await readFile(settings, 'utf8')
    await writeFile(settings, `${before}  IMAGE_REGISTRY: registry.other:5000/x/y\n  IMAGE_VERSION: v9.9.9\n`)
    // A Job template has no image of its own: queue-manager gives it one, by the same two.
    const objects = parseAllDocuments(await build(overlay)).map((document) => document.toJS() as { kind: string }).filter(({ kind }) => kind !== 'ConfigMap')
    const images = [...stringify(objects).matchAll(/image: (\S+)$/gm)].map((match) => match[1]!)
    await writeFile(settings, before)
    expect(images.length).toBeGreaterThan(8)
    for (const image of images) expect(image).toMatch(/^registry\.other:5000\/x\/y\/[a-z-]+:v9\.9\.9$/)
  })

  it.each(['production', 'raspberry-pi'])('%s: domain and storage class are those of the parameters', async (overlay) => {
    const file = join(folder, 'k8s/parameters/parameters.yaml')
    const before = await readFile(file, 'utf8')
    await writeFile(file, before.replaceAll('streamforge.example', 'other.example').replace('storageClass: standard', 'storageClass: fast'))
    const built = await build(overlay)
    await writeFile(file, before)
    expect(built).toMatch(/OIDC_ISSUER: https:\/\/accounts\.other\.example\/realms\/streamforge$/m)
    expect(built).toMatch(/DASHBOARD_URL: https:\/\/dashboard\.other\.example$/m)
    expect(built).toMatch(/storageClassName: fast$/m)
    expect(built).not.toMatch(/: parameter$/m)
  })

  it('raspberry-pi: workers claim little, stay on 64 bit, and keep what the base says beside', async () => {
    const [patched, base] = await Promise.all(['raspberry-pi', 'local'].map(async (overlay) => templatesIn(await build(overlay))))
    expect(Object.keys(patched!)).toEqual(Object.keys(base!))
    for (const [app, { spec: { template } }] of Object.entries(patched!)) {
      const [own, from] = [template.spec, base![app]!.spec.template.spec]
      expect(own.nodeSelector).toEqual({ 'kubernetes.io/arch': 'arm64' })
      expect(from.nodeSelector).toBeUndefined()
      expect(own.containers[0].resources.requests.cpu).toBe('10m')
      expect(own.volumes).toEqual(from.volumes)
      expect(own.containers[0].securityContext).toEqual(from.containers[0].securityContext)
    }
    const [{ resources: training, env }] = patched!['trainer']!.spec.template.spec.containers
    expect(training).toEqual({ requests: { cpu: '10m', memory: '1Gi' }, limits: { memory: '3Gi' } })
    expect(env).toEqual([{ name: 'NODE_OPTIONS', value: '--max-old-space-size=1024' }])
  })

  it("what the manual lays on a template reaches queue-manager, which is started anew by it, and nobody else's Jobs", async () => {
    const before = await build('production')
    const overlay = join(folder, 'k8s/overlays/production')
    const kustomization = await readFile(join(overlay, 'kustomization.yaml'), 'utf8')
    await mkdir(join(overlay, 'job-templates'))
    await writeFile(join(overlay, 'job-templates/trainer.patch.yaml'), await shownInManual('trainer.patch.yaml'))
    await writeFile(join(overlay, 'kustomization.yaml'), stringify({ ...parse(kustomization) as object, ...parse(await shownInManual('kustomization.yaml')) as object }))
    const after = await build('production')
    await writeFile(join(overlay, 'kustomization.yaml'), kustomization)
    const [old, changed] = await Promise.all([templatesIn(before), templatesIn(after)])
    const { trainer, ...others } = changed
    expect(trainer!.spec.template.spec).toMatchObject({ runtimeClassName: 'nvidia', tolerations: [{ key: 'nvidia.com/gpu' }], containers: [{ resources: { limits: { memory: '8Gi', 'nvidia.com/gpu': '1' } } }] })
    expect({ ...others, trainer: old['trainer'] }).toEqual(old)
    const nameIn = (built: string) => /name: (job-templates-\w+)$/m.exec(built)![1]
    expect(nameIn(after)).not.toBe(nameIn(before))
  })
})
