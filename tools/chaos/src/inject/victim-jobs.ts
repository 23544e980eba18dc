import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { JobInfo, Launcher } from '@streamforge/launcher'

/** A job that runs now, with its process. */
export type Victim = JobInfo & { readonly pid: number }

/** The job of one of these queues that `pick` in [0, 1) names; undefined when none runs. */
export async function pickJob(jobs: Launcher, pick: number, queues: ReadonlySet<string>): Promise<Victim | undefined> {
  const running = (await jobs.list())
    .filter((job): job is Victim => job.state.status === 'running' && job.pid !== undefined && queues.has(job.queue_id))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return running[Math.floor(pick * running.length)]
}

/**
 * Takes a process out of the launcher's reach, as a node that lost its network: the launcher takes the job for ended and cannot signal it.
 * What cannot be cancelled goes on.
 */
export async function hideFromLauncher(jobsDir: string, { name }: Victim): Promise<void> {
  const file = join(jobsDir, `${name}.json`)
  const record = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  const state = { status: 'failed', reason: 'its node does not answer' }
  await whenThereIsSpace(() => writeFile(`${file}.chaos`, JSON.stringify({ ...record, state, reported: true })))
  await rename(`${file}.chaos`, file)
}

/** The disk may be full by another fault at this moment, which takes itself away. */
async function whenThereIsSpace(write: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      await delay(100)
    }
  }
}

/** Command line and environment of a process: what launches it a second time. Linux only. */
export async function launchOf(pid: number): Promise<{ program: string; args: string[]; env: Record<string, string> } | undefined> {
  const [commandLine, environment] = await Promise.all(['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')))
  const [program, ...args] = commandLine!.split('\0').slice(0, -1)
  if (program === undefined || environment === '') return undefined
  const env = Object.fromEntries(environment!.split('\0').filter(Boolean).map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]))
  return { program, args, env }
}
