import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/**
 * An archive with an image for each script, which this machine's Node runs there: its program and the shared libraries that it names are
 * the one layer of all of them. Made without any tool of containers, so that the launcher's tests need nothing but a cluster.
 */
export async function makeTestImages(directory: string, scripts: Readonly<Record<string, string>>, nameOf: (app: string) => string): Promise<string> {
  const layer = await nodeLayer(directory)
  const blobs = join(directory, 'image', 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  const put = async (content: Buffer, mediaType: string) => {
    const digest = digestOf(content)
    await writeFile(join(blobs, digest), content)
    return { mediaType, digest: `sha256:${digest}`, size: content.length }
  }
  const putJson = (content: unknown, kind: string) => put(Buffer.from(JSON.stringify(content)), `application/vnd.oci.image.${kind}+json`)
  const layerBlob = await put(layer, 'application/vnd.oci.image.layer.v1.tar')
  const manifests = await Promise.all(Object.entries(scripts).map(async ([app, script]) => {
    const config = await putJson({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux', rootfs: { type: 'layers', diff_ids: [layerBlob.digest] },
      config: { User: '10001:10001', Entrypoint: ['/node', '-e', script] },
    }, 'config.v1')
    const manifest = await putJson({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers: [layerBlob] }, 'manifest.v1')
    return { ...manifest, annotations: { 'io.containerd.image.name': nameOf(app) } }
  }))
  await writeFile(join(directory, 'image', 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(join(directory, 'image', 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  const archive = join(directory, 'images.tar')
  await run('tar', ['-cf', archive, '-C', join(directory, 'image'), '.'])
  return archive
}

async function nodeLayer(directory: string): Promise<Buffer> {
  const root = join(directory, 'root')
  const { stdout } = await run('ldd', [process.execPath])
  const libraries = [...stdout.matchAll(/(\/[^\s]+) \(0x/g)].map((match) => match[1]!)
  for (const library of libraries) {
    await mkdir(join(root, dirname(library)), { recursive: true })
    await copyFile(library, join(root, library))
  }
  await copyFile(process.execPath, join(root, 'node'))
  await mkdir(join(root, 'tmp'), { recursive: true })
  const layer = join(directory, 'layer.tar')
  await run('tar', ['--mtime=@0', '--sort=name', '--owner=0', '--group=0', '-cf', `${layer}.part`, '-C', root, '.'])
  await rename(`${layer}.part`, layer)
  return readFile(layer)
}
