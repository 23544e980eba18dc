import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jobName, type JobName, type JobState } from './launcher.ts'

/** What a job's file holds. It is written before the process starts, so that no process runs without one. */
export interface JobRecord extends JobName {
  image: string
  started_at: number
  /** Absent until the process has started. */
  pid?: number
  /** See processIdentity. */
  process_identity?: string
  /** Names of all jobs of its process, its own among them; absent: it has one of its own. */
  group?: readonly string[]
  state: JobState
  /** Whether somebody has been told of its end. */
  reported: boolean
}

/** The folder of job files and logs: `<name>.json` and `<name>.log`, one pair a job. */
export interface JobFiles {
  /** Resolves false when the job has a file already. */
  create(record: JobRecord): Promise<boolean>
  write(record: JobRecord): Promise<void>
  read(name: string): Promise<JobRecord | undefined>
  readAll(): Promise<JobRecord[]>
  remove(name: string): Promise<void>
  logPath(name: string): string
  /** Lets jobs of one process share the first one's log, which must be there. */
  shareLog(names: readonly string[]): Promise<void>
}

export async function openJobFiles(directory: string): Promise<JobFiles> {
  await mkdir(directory, { recursive: true })
  const path = (name: string) => join(directory, `${name}.json`)
  let writes = 0
  const writeTemporary = async (record: JobRecord) => {
    const temporary = `${path(jobName(record))}.${process.pid}-${writes++}.tmp`
    await writeFile(temporary, JSON.stringify(record)).catch(async (error: unknown) => {
      await rm(temporary, { force: true })
      throw error
    })
    return temporary
  }
  // Linking and renaming are atomic: a reader sees no file, the old record or the new one, also when we are killed in between.
  const files: JobFiles = {
    async create(record) {
      const temporary = await writeTemporary(record)
      try {
        await link(temporary, path(jobName(record)))
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
        throw error
      } finally {
        await rm(temporary, { force: true })
      }
    },
    async write(record) {
      await rename(await writeTemporary(record), path(jobName(record)))
    },
    read: async (name) => parse(await readFile(path(name), 'utf8').catch(() => undefined)),
    async readAll() {
      const names = (await readdir(directory)).filter((n) => n.endsWith('.json')).sort()
      const records = await Promise.all(names.map((n) => files.read(n.slice(0, -'.json'.length))))
      return records.filter((r) => r !== undefined)
    },
    async remove(name) {
      for (const file of [path(name), files.logPath(name), `${files.logPath(name)}.1`]) await rm(file, { force: true })
    },
    logPath: (name) => join(directory, `${name}.log`),
    async shareLog([first, ...others]) {
      for (const name of others) {
        await rm(files.logPath(name), { force: true })
        await link(files.logPath(first!), files.logPath(name))
      }
    },
  }
  return files
}

/** A file that is not JSON (the machine lost power while it was written) counts as absent. */
function parse(text: string | undefined): JobRecord | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as JobRecord)
  } catch {
    return undefined
  }
}
