import { StreamForgeError } from '@streamforge/contracts'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const claimOf = (directory: string) => join(directory, 'run', 'up.pid')

/**
 * Claims a data directory for one running platform; resolves with the release.
 * @throws StreamForgeError CONFLICT while another platform that is alive holds it
 */
export async function claimDataDirectory(directory: string): Promise<() => Promise<void>> {
  const file = claimOf(directory)
  await mkdir(join(directory, 'run'), { recursive: true })
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' })
      return () => rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      await requireUnclaimed(directory, 'stop it, or give this one its own --data-dir')
      await rm(file, { force: true })
    }
  }
}

/** @throws StreamForgeError CONFLICT, with `remedy`, while `npm start` or `streamforge up` runs with this directory */
export async function requireUnclaimed(directory: string, remedy: string): Promise<void> {
  const owner = Number(await readFile(claimOf(directory), 'utf8').catch(() => ''))
  if (owner && isAlive(owner)) throw new StreamForgeError('CONFLICT', `StreamForge runs already with ${directory} (process ${owner})`, { remedy })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
