import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runToEnd } from '../run-to-end.ts'

/** containerd's namespace of the kubelet's containers and images. */
const namespace = 'k8s.io'

/** Imports an image archive (docker's or OCI's form) into a node's containerd; returns the names of its images. */
export async function importImage(socket: string, archive: string): Promise<string[]> {
  const output = await ctr(socket, 'images', 'import', '--all-platforms', archive)
  return [...output.matchAll(/^unpacking (\S+)/gm)].map((match) => match[1]!)
}

/** Ends every container and removes it: their processes would outlive containerd. */
export async function removeContainers(socket: string): Promise<void> {
  const tasks = await names(socket, 'tasks')
  if (tasks.length > 0) await ctr(socket, 'tasks', 'delete', '--force', ...tasks).catch(() => {})
  const containers = await names(socket, 'containers')
  if (containers.length > 0) await ctr(socket, 'containers', 'delete', ...containers).catch(() => {})
}

async function names(socket: string, kind: 'tasks' | 'containers'): Promise<string[]> {
  return (await ctr(socket, kind, 'list', '-q')).split('\n').filter((name) => name !== '')
}

export async function ctr(socket: string, ...args: string[]): Promise<string> {
  const { status, output } = await runToEnd('ctr', ['--address', socket, '--namespace', namespace, ...args])
  if (status !== 0) throw new Error(`ctr ${args[0]} ${args[1]} failed: ${output.trim().slice(-500)}`)
  return output
}

/** Packs one static program as an image that holds nothing else, in docker's archive form. */
export async function writeProgramImage(archive: string, { program, image }: { program: string; image: string }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'streamforge-image-'))
  try {
    await copyFile(program, join(folder, 'program'))
    await chmod(join(folder, 'program'), 0o755)
    await tar(folder, join(folder, 'layer.tar'), 'program')
    const layer = createHash('sha256').update(await readFile(join(folder, 'layer.tar'))).digest('hex')
    const configuration = JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Entrypoint: ['/program'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
    })
    const name = `${createHash('sha256').update(configuration).digest('hex')}.json`
    await writeFile(join(folder, name), configuration)
    await writeFile(join(folder, 'manifest.json'), JSON.stringify([{ Config: name, RepoTags: [image], Layers: ['layer.tar'] }]))
    await tar(folder, archive, 'manifest.json', name, 'layer.tar')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function tar(folder: string, archive: string, ...files: string[]): Promise<void> {
  const { status, output } = await runToEnd('tar', ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '-cf', archive, '-C', folder, ...files])
  if (status !== 0) throw new Error(`tar failed: ${output.slice(-500)}`)
}
