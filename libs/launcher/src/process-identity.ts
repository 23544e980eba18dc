import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Something that, together with its id, tells a process from a later one that got the same id: its start time as the system
 * counts it. Undefined when there is no such process, or only its remains that nobody has collected.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? linuxStartTime(pid) : portableStartTime(pid)
}

async function linuxStartTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  if (stat === undefined) return undefined
  // The second field is the command in brackets and may itself hold spaces and brackets: count from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

async function portableStartTime(pid: number): Promise<string | undefined> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined
  }
  if (process.platform === 'win32') return 'alive'
  const started = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined)
  return started?.stdout.trim() || undefined
}

/** Whether the very process that had this identity is still there. */
export async function isAlive(pid: number, identity: string | undefined): Promise<boolean> {
  const current = await processIdentity(pid)
  return current !== undefined && (identity === undefined || current === identity)
}

/** Signals a process and everything in its group. Being gone already is not an error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
