import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** A server's folder: the one given, which stays, or a temporary one that `remove` takes away. */
export async function serverDirectory(prefix: string, given?: string): Promise<{ directory: string; remove: () => Promise<void> }> {
  if (given !== undefined) {
    const directory = resolve(given)
    await mkdir(directory, { recursive: true })
    return { directory, remove: async () => {} }
  }
  const directory = await mkdtemp(join(tmpdir(), prefix))
  return { directory, remove: () => rm(directory, { recursive: true, force: true, maxRetries: 3 }) }
}
