import { readdir, readFile } from 'node:fs/promises'
import { runToEnd } from './run-to-end.ts'

/** A process, told apart from a later one that got the same id. */
export interface ProcessIdentity {
  pid: number
  /** When it was started, as the system counts it; compared, never read. */
  started: string
}

/** Undefined when there is no such process, or only what is left of it until its parent looks. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const started = await processStart(pid)
  return started === undefined ? undefined : { pid, started }
}

/** When a process was started, as the system counts it; undefined when there is none. */
export const processStart = (pid: number): Promise<string | undefined> => (process.platform === 'linux' ? startedOnLinux(pid) : startedByPs(pid))

export async function isRunning({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.started === started
}

/** Fields of /proc/<pid>/stat from the third on: the second, the program's name, may hold spaces and brackets itself. */
async function statFields(pid: number): Promise<string[] | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

async function startedOnLinux(pid: number): Promise<string | undefined> {
  const fields = await statFields(pid)
  return fields?.[0] === 'Z' ? undefined : fields?.[19]
}

async function startedByPs(pid: number): Promise<string | undefined> {
  const { status, output } = await runToEnd('ps', ['-o', 'lstart=', '-p', String(pid)])
  return status === 0 ? output.trim() : undefined
}

/** Bytes of memory that a process and all of its session have to themselves, shared ones in proportion; undefined where that cannot be seen. */
export async function memoryOfSession(pid: number): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined
  const pids = (await readdir('/proc')).map(Number).filter((id) => id > 0)
  const sessions = await Promise.all(pids.map(async (id) => ((await statFields(id))?.[3] === String(pid) ? memoryOf(id) : 0)))
  return sessions.reduce((sum, bytes) => sum + bytes, 0)
}

/** Bytes of one process; 0 when it has just ended. */
export async function memoryOf(pid: number): Promise<number> {
  const shares = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(shares)?.[1] ?? 0)
}
