import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { reportPreparation } from './preparation.ts'

/** Where downloaded servers are kept: outside every work tree, shared by all of them. */
export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'streamforge')
}

/** Whether a folder has been filled before. */
export function isCached(name: string, root = cacheRoot()): Promise<boolean> {
  return exists(join(root, name))
}

/** Whether a server is in the cache; if not, the reason is one line and says what brings it there. `name` is the command's. */
export async function cachedServer(title: string, name: string, folderName: string): Promise<{ ok: true } | { ok: false; reason: string }> {
  return (await isCached(folderName)) ? { ok: true } : { ok: false, reason: `${title} is not in the cache; npm run servers -- up ${name} brings it there, once` }
}

/**
 * The cached folder `name`, filled by `fill` on first use. Filling happens in a temporary folder that is renamed when complete, so
 * that an interrupted download leaves nothing behind and two processes may do it at once: the second to finish drops its copy.
 */
export async function cachedFolder(name: string, fill: (folder: string) => Promise<void>, root = cacheRoot()): Promise<string> {
  const folder = join(root, name)
  if (await exists(folder)) return folder
  await mkdir(root, { recursive: true })
  const filling = await mkdtemp(join(root, `.${name}-`))
  try {
    await reportPreparation(name, filling, () => fill(filling))
    await rename(filling, folder)
  } catch (error) {
    await rm(filling, { recursive: true, force: true })
    if (!(await exists(folder))) throw error
  }
  return folder
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false)
}
