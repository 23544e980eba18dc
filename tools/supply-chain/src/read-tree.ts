import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { imageReferences, type ImageReference } from './check-images.ts'
import { Lockfile, Manifest } from './lockfile.ts'

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))

export const readLockfile = async (root: string): Promise<Lockfile> => Lockfile.parse(await readJson(join(root, 'package-lock.json')))

/** Every package.json of ours by its folder; '' is the root's. */
export async function readManifests(root: string): Promise<Record<string, Manifest>> {
  const groups = await Promise.all(['apps', 'libs', 'tools'].map(async (group) => (await readdir(join(root, group), { withFileTypes: true })).filter((e) => e.isDirectory()).map((e) => `${group}/${e.name}`)))
  const manifests: Record<string, Manifest> = { '': Manifest.parse(await readJson(join(root, 'package.json'))) }
  for (const folder of groups.flat()) {
    const found = await readJson(join(root, folder, 'package.json')).catch(() => undefined)
    if (found !== undefined) manifests[folder] = Manifest.parse(found)
  }
  return manifests
}

/** Images that are drawn from elsewhere; ours are `registry/<app>:version`, which each overlay replaces. */
export async function readImages(root: string): Promise<ImageReference[]> {
  const folders = await Promise.all(['docker', 'k8s', '.gitlab', '.devcontainer'].map(async (folder) =>
    (await readdir(join(root, folder), { recursive: true, withFileTypes: true })).filter((e) => e.isFile() && /(\.ya?ml|Dockerfile)$/.test(e.name)).map((e) => join(e.parentPath, e.name))))
  const files = [...folders.flat(), join(root, '.gitlab-ci.yml')]
  const found = await Promise.all(files.map(async (file) => imageReferences(relative(root, file), await readFile(file, 'utf8'))))
  return found.flat().filter(({ image }) => !image.startsWith('registry/'))
}
