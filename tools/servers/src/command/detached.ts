import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { untilReady, type ServerProcess } from '../start-server.ts'
import { identify, isRunning, type ProcessIdentity } from '../process-identity.ts'

/**
 * Starts a server that outlives this process, in a session of its own; resolves when it is ready. `onSpawned` hears of it before: whatever happens to this
 * process meanwhile, somebody knows the other.
 */
export async function startDetached(server: ServerProcess, onSpawned: (identity: ProcessIdentity) => Promise<void> = async () => {}): Promise<ProcessIdentity> {
  // What it said the last time is not kept: a log of months would be.
  const log = openSync(server.logFile, 'w', 0o600)
  const child = spawn(server.program, server.args, { stdio: ['ignore', log, log], detached: true, env: { ...process.env, ...server.env } })
  closeSync(log)
  await once(child, 'spawn')
  child.unref()
  const identity = await identify(child.pid!)
  if (identity) await onSpawned(identity)
  try {
    await untilReady(server, () => child.exitCode !== null || child.signalCode !== null)
  } catch (error) {
    if (identity) await stopDetached(identity, 'SIGKILL')
    throw error
  }
  return identity!
}

const stopWithinMs = 30_000

/** Ends it in order, or, when that takes too long, the hard way; then whatever it has left in its session. Does nothing to a process that only has its id. */
export async function stopDetached(server: ProcessIdentity, signal: NodeJS.Signals): Promise<'stopped' | 'killed' | 'was gone'> {
  if (!(await isRunning(server))) return 'was gone'
  process.kill(server.pid, signal)
  const inOrder = await untilGone(server, stopWithinMs)
  // Its process group has its id as long as one member lives: nobody else can have got it.
  killGroup(server.pid)
  if (!inOrder) await untilGone(server, stopWithinMs)
  return inOrder ? 'stopped' : 'killed'
}

async function untilGone(server: ProcessIdentity, withinMs: number): Promise<boolean> {
  const giveUp = AbortSignal.timeout(withinMs)
  while (await isRunning(server)) {
    if (giveUp.aborted) return false
    await delay(50)
  }
  return true
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
