import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamForgeError } from '@streamforge/contracts'

/** @throws StreamForgeError CONFLICT while `npm start` or `streamforge up` runs with this folder */
export async function checkNotRunning(dataDir: string): Promise<void> {
  const pid = Number(await readFile(join(dataDir, 'run', 'up.pid'), 'utf8').catch(() => ''))
  if (!pid || !isAlive(pid)) return
  throw new StreamForgeError('CONFLICT', `StreamForge runs with ${dataDir} (process ${pid})`, { remedy: 'stop it, restore, then start it again' })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
