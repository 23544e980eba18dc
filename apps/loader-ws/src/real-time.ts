import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { VenueLog } from '@streamforge/market'

/** The lowest of the real-time priorities: before every ordinary process, behind whatever else is real-time. */
const priority = 1

export type RunCommand = (program: string, args: readonly string[]) => Promise<unknown>

/**
 * Has the system run this process, all of its threads, as soon as it has something to do (SCHED_RR, see sched(7)), where others would be let finish
 * first. It needs Linux, chrt (util-linux) and root, CAP_SYS_NICE or a limit `rtprio`; without them it goes on at the ordinary priority, and a
 * warning says so.
 */
export async function runInRealTime(log: VenueLog, run: RunCommand = promisify(execFile)): Promise<void> {
  try {
    await run('chrt', ['--all-tasks', '--rr', '--pid', String(priority), String(process.pid)])
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string }
    const reason = code === 'ENOENT' ? 'there is no chrt here (package util-linux)' : stderr?.trim() || String(error)
    log.warn({ reason }, 'this process stays at the ordinary priority: LIVE_SCHEDULING=realtime takes root, CAP_SYS_NICE or a limit rtprio')
  }
}
