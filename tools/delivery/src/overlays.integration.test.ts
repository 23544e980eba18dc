import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runToEnd } from '@streamforge/servers'
import { kubectlProgram, kubernetesAvailable } from '@streamforge/servers/kubernetes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

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
    const images = [...(await build(overlay)).matchAll(/image: (\S+)$/gm)].map((match) => match[1]!)
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
})
