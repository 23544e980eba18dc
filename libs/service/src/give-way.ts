import { readFileSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** As a user's own `nice` without a number. */
const NICENESS = 10

/**
 * Lets other processes of this machine go first where there are not enough processors for all: for workers whose results may come a little later,
 * so that those that must not (live data on its way to its topic) need not wait for them. Costs nothing while processors are free.
 * Does what the system allows: a process that may not is no worse off than before.
 */
export function giveWay(): void {
  try {
    setPriority(NICENESS)
    // Linux schedules sessions against each other, and niceness counts within one only: a job leads a session of its own, and that must give way too.
    if (leadsItsSession(readFileSync('/proc/self/stat', 'utf8'), process.pid)) writeFileSync('/proc/self/autogroup', String(NICENESS))
  } catch {
    // Another system, or one that groups otherwise.
  }
}

/** By the text of `/proc/<pid>/stat`: its sixth field is the session (proc_pid_stat(5)); the second is a name in brackets that may hold anything. */
export function leadsItsSession(stat: string, pid: number): boolean {
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(afterName[3]) === pid
}
