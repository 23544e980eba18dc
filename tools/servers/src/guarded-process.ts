import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { once } from 'node:events'

const guard = fileURLToPath(new URL('./guard.mjs', import.meta.url))

/** A server process that cannot outlive this process, however this process ends. */
export interface GuardedProcess {
  readonly pid: number
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>
  hasEnded(): boolean
  /** The stop signal, after 8 s SIGKILL. */
  stop(): Promise<void>
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>
}

export interface GuardedOptions {
  /** Set beside what this process has; the place for passwords, since everybody reads command lines. */
  env?: Readonly<Record<string, string>>
  /** What asks it to end; default SIGTERM. */
  stopSignal?: NodeJS.Signals
}

/** Starts a program with its output appended to a log file. */
export async function startGuarded(program: string, args: readonly string[], logFile: string, options: GuardedOptions = {}): Promise<GuardedProcess> {
  const child = spawn(process.execPath, [guard, logFile, options.stopSignal ?? 'SIGTERM', program, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...options.env },
  })
  let gone = false
  const ended = once(child, 'exit').then(() => { gone = true })
  child.stdin.on('error', () => {})
  const first = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => String(line)),
    ended.then(() => 'error it ended before it began'),
  ])
  if (!first.startsWith('pid ')) throw new Error(`${program} could not be started: ${first.slice('error '.length)}`)
  const pid = Number(first.slice('pid '.length))
  // The guard must not keep a program alive that has nothing else to do; losing it closes the guard's input, which stops the server.
  const pipes = [child.stdin, child.stdout] as unknown as { unref(): void }[]
  child.unref()
  for (const pipe of pipes) pipe.unref()
  return {
    pid,
    ended,
    hasEnded: () => gone,
    stop: async () => {
      child.ref()
      if (!gone) child.stdin.end()
      await ended
    },
    kill: async () => {
      child.ref()
      if (!gone) killIfAlive(pid)
      await ended
    },
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
