import { createHash } from 'node:crypto'
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { runToEnd } from '@streamforge/servers'
import type { Podman } from './podman.ts'

export interface BaseImages {
  /** What an app runs on: Debian's C libraries and Node. */
  base: string
  /** The same with npm, to build on. */
  buildBase: string
}

const suite = 'bookworm'
const left = ['doc', 'man', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`)
const authorities = '/etc/ssl/certs/ca-certificates.crt'

/**
 * Base images made of Debian's packages and this machine's Node and npm, for where no registry of images answers. They trust whom this
 * machine trusts. Made once: another Node or another trust makes others.
 */
export async function localBase(podman: Podman, { node, log }: { node: string; log: (line: string) => void }): Promise<BaseImages> {
  const key = createHash('sha256').update(suite).update(await readFile(node)).update(await readFile(authorities)).digest('hex').slice(0, 12)
  const images = { base: `localhost/streamforge-base:${key}`, buildBase: `localhost/streamforge-build-base:${key}` }
  if (await exists(podman, images.buildBase)) return images
  const folder = await mkdtemp(join(tmpdir(), 'streamforge-base-'))
  try {
    const rootfs = await importDebian(podman, folder, log)
    await copyFile(node, join(folder, 'node'))
    await copyFile(authorities, join(folder, 'ca-certificates.crt'))
    await writeFile(join(folder, 'base'), `FROM ${rootfs}\nCOPY ca-certificates.crt ${authorities}\nCOPY node /usr/local/bin/node\nENV NODE_EXTRA_CA_CERTS=${authorities}\n`)
    await build(podman, folder, 'base', images.base)
    await cp(await npmFolder(), join(folder, 'npm'), { recursive: true })
    await writeFile(join(folder, 'build-base'), `FROM ${images.base}\nCOPY npm /usr/local/lib/node_modules/npm\nRUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm\n`)
    await build(podman, folder, 'build-base', images.buildBase)
    return images
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export async function exists(podman: Podman, image: string): Promise<boolean> {
  return podman(['image', 'exists', image]).then(() => true, () => false)
}

async function importDebian(podman: Podman, folder: string, log: (line: string) => void): Promise<string> {
  const image = `localhost/streamforge-debian:${suite}`
  if (await exists(podman, image)) return image
  log(`making Debian ${suite} for images`)
  const archive = join(folder, 'rootfs.tar')
  const { status, output } = await runToEnd('mmdebstrap', ['--variant=essential', '--include=ca-certificates,libstdc++6', ...left, suite, archive])
  if (status !== 0) throw new Error(`mmdebstrap failed: ${output.slice(-1000)}`)
  await podman(['import', '--quiet', archive, image])
  await rm(archive)
  return image
}

async function build(podman: Podman, folder: string, file: string, image: string): Promise<void> {
  await podman(['build', '--quiet', '--network=host', '--timestamp', '0', '--file', join(folder, file), '--tag', image, folder])
}

/** Where the npm lies that runs here. */
async function npmFolder(): Promise<string> {
  if (process.env.npm_execpath) return resolve(dirname(process.env.npm_execpath), '..')
  const { status, output } = await runToEnd('npm', ['root', '--global'])
  if (status !== 0) throw new Error(`npm does not run: ${output.slice(-500)}`)
  return join(output.trim().split('\n').at(-1)!, 'npm')
}
