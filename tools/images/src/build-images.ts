import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { installDebianPackages, whyNotRunnable } from '@streamforge/servers'
import { runningKubernetes } from '@streamforge/servers/kubernetes'
import { imageApps } from './image-apps.ts'
import { localBase, type BaseImages } from './local-base.ts'
import { openPodman, type Podman } from './podman.ts'

const root = resolve(import.meta.dirname, '../../..')

export interface BuildOptions {
  /** Default: all of them. */
  apps?: readonly string[]
  /** Default: queue-manager's own default, so that what it launches is there. */
  registry?: string
  version?: string
  /** An image with Node, for the apps; default: made here of Debian's packages. One with npm too builds on itself. */
  base?: string
  log?: (line: string) => void
}

export interface BuiltImage {
  app: string
  /** `registry/app:version` */
  image: string
  /** Of all its layers; they are shared but for the last. */
  bytes: number
  ms: number
}

export const defaultRegistry = 'registry.example/streamforge'
export const defaultVersion = 'v0.1.0'

/** Every build of all apps leaves some forty behind, of which the next takes what has not changed. */
const mostUntagged = 200

const builderPackages = ['podman', 'runc', 'mmdebstrap']

/** Whether images can be built here; the reason is one line. */
export async function imagesAvailable(): Promise<{ ok: true } | { ok: false; reason: string }> {
  const reason = await whyNotRunnable('podman', ['--version'])
  return reason === undefined ? { ok: true } : { ok: false, reason: `${reason}: npm run images -- build installs it on Debian` }
}

/** Builds the apps' images, one after the other: all but the last steps are done once. */
export async function buildImages({ apps, registry = defaultRegistry, version = defaultVersion, base, log = () => {} }: BuildOptions = {}): Promise<BuiltImage[]> {
  const known = await imageApps(root)
  const unknown = (apps ?? []).filter((app) => !known.includes(app))
  if (unknown.length > 0) throw new Error(`no app of the name ${unknown.join(', ')} has an image; there are ${known.join(', ')}`)
  if ((await imagesAvailable()).ok === false || base === undefined) await installDebianPackages(builderPackages, log)
  const podman = await openPodman()
  const bases = base === undefined ? await localBase(podman, { node: process.execPath, log }) : { base, buildBase: base }
  await keepCacheSmall(podman, log)
  const built: BuiltImage[] = []
  for (const app of apps ?? known) {
    const started = performance.now()
    const image = `${registry}/${app}:${version}`
    await buildImage(podman, { app, image, bases })
    built.push({ app, image, bytes: Number(await podman(['image', 'inspect', '--format', '{{.Size}}', image])), ms: performance.now() - started })
    log(describe(built.at(-1)!))
  }
  return built
}

/** What earlier builds have left makes the next one fast; without an end it would fill the disk. */
async function keepCacheSmall(podman: Podman, log: (line: string) => void): Promise<void> {
  const untagged = (await podman(['images', '--quiet', '--filter', 'dangling=true'])).split('\n').length
  if (untagged <= mostUntagged) return
  log(`${untagged} images of earlier builds have no name any more and are removed`)
  await podman(['image', 'prune', '--force'])
}

export function describe({ image, bytes, ms }: BuiltImage): string {
  return `${image}  ${(bytes / 1e6).toFixed(0)} MB  ${(ms / 1000).toFixed(1)} s`
}

async function buildImage(podman: Podman, { app, image, bases }: { app: string; image: string; bases: BaseImages }): Promise<void> {
  const npmrc = join(homedir(), '.npmrc')
  await podman([
    'build', '--layers', '--quiet', '--network=host', '--pull=never', '--timestamp', '0', '--file', join(root, 'docker/Dockerfile'), '--tag', image,
    '--build-arg', `BASE=${bases.base}`, '--build-arg', `BUILD_BASE=${bases.buildBase}`, '--build-arg', `APP=${app}`,
    ...(existsSync(npmrc) ? ['--secret', `id=npmrc,src=${npmrc}`] : []), root,
  ])
}

/** Saves each image as an OCI archive `<folder>/<app>.tar`; returns their paths. */
export async function saveImages(images: readonly Pick<BuiltImage, 'app' | 'image'>[], folder: string): Promise<string[]> {
  const podman = await openPodman()
  await mkdir(folder, { recursive: true })
  const archives: string[] = []
  for (const { app, image } of images) {
    const archive = join(folder, `${app}.tar`)
    await rm(archive, { force: true })
    await podman(['save', '--quiet', '--format', 'oci-archive', '--output', archive, image])
    archives.push(archive)
  }
  return archives
}

/** Loads images into the node of the Kubernetes that runs on this machine, in one archive, so that what they share travels once. */
export async function loadImages(images: readonly Pick<BuiltImage, 'image'>[]): Promise<void> {
  const kubernetes = await runningKubernetes()
  if (!kubernetes) throw new Error('no Kubernetes with a node runs on this machine: npm run servers -- up kubernetes')
  const podman = await openPodman()
  const folder = await mkdtemp(join(tmpdir(), 'streamforge-images-'))
  try {
    const archive = join(folder, 'images.tar')
    await podman(['save', '--quiet', '--multi-image-archive', '--format', 'docker-archive', '--output', archive, ...images.map(({ image }) => image)])
    await kubernetes.loadImage(archive)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
