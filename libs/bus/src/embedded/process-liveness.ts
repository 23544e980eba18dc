import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Names a process for good: process ids come again, but not with the same start time. */
export interface ProcessIdentity {
  pid: number
  /** In the system's own ticks since boot; empty where the system does not tell. */
  startedAt: string
  /** Machine and, on Linux, process namespace: only there does `pid` mean anything. */
  host: string
}

let own: ProcessIdentity | undefined

export function ownIdentity(): ProcessIdentity {
  return (own ??= { pid: process.pid, startedAt: readStat(process.pid)?.startedAt ?? '', host: hostIdentity() })
}

/**
 * True when the process is certainly gone: on this machine, and no longer running or its id now another's. A paused process is not
 * gone. A false answer says nothing.
 */
export function isCertainlyGone(identity: ProcessIdentity): boolean {
  if (identity.host !== ownIdentity().host) return false
  if (identity.pid === process.pid) return identity.startedAt !== ownIdentity().startedAt
  try {
    process.kill(identity.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
  const stat = readStat(identity.pid)
  // A killed process keeps its entry, in state Z, until its parent has asked for its status.
  return stat !== undefined && (stat.startedAt !== identity.startedAt || stat.state === 'Z' || stat.state === 'X')
}

function readStat(pid: number): { state: string; startedAt: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field, the program's name, is in parentheses and may hold anything, spaces and parentheses included.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0]!, startedAt: fields[19]! }
  } catch {
    return undefined
  }
}

function hostIdentity(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}
