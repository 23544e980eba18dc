import { readFile, rm, writeFile } from 'node:fs/promises'
import { processStart } from '../process-identity.ts'

/**
 * Claims a file for this process: two starts at once would clear away each other's node. A claim of a process that is gone counts no more.
 * Resolves with what gives it back. @throws Error naming `what` and the process that holds it
 */
export async function claim(file: string, what: string): Promise<() => Promise<void>> {
  const mine = JSON.stringify({ pid: process.pid, processStarted: await processStart(process.pid) })
  for (let tries = 0; ; tries += 1) {
    const taken = await writeFile(file, mine, { flag: 'wx' }).then(() => true, (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
      return false
    })
    if (taken) return () => rm(file, { force: true })
    const holder = await claimedBy(file)
    if (holder !== undefined || tries > 0) throw new Error(`${what} runs already, or is being started or stopped${holder === undefined ? '' : `, by process ${holder}`}`)
    await rm(file, { force: true })
  }
}

/** The live process that has claimed the file. */
export async function claimedBy(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (!text) return undefined
  const { pid, processStarted } = JSON.parse(text) as { pid: number; processStarted: string }
  return (await processStart(pid)) === processStarted ? pid : undefined
}
