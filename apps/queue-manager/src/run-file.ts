import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Tells programs on this machine where the API is: `<data dir>/run/queue-manager.json` while it runs. Resolves with its removal. */
export async function writeRunFile(dataDir: string, url: string): Promise<() => Promise<void>> {
  const directory = join(dataDir, 'run')
  const path = join(directory, 'queue-manager.json')
  await mkdir(directory, { recursive: true })
  await writeFile(`${path}.${process.pid}.tmp`, JSON.stringify({ url, pid: process.pid }))
  await rename(`${path}.${process.pid}.tmp`, path)
  return () => rm(path, { force: true })
}
