import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A part of the cluster: a process that is started again when it ends by itself. */
export interface Component {
  readonly name: string
  readonly pid: number
  /** SIGTERM, after `graceMs` SIGKILL; resolves when it has ended. */
  stop(graceMs?: number): Promise<void>
}

export interface ComponentOptions {
  name: string
  program: string
  args: readonly string[]
  logFile: string
  environment?: NodeJS.ProcessEnv
  /** Told when it ended unasked, before it is started again. */
  onEnded?: (line: string) => void
  /** Told when it has been started again, with another process id. */
  onRestarted?: () => void
}

const restartMs = 1_000

/** Starts it; the kernel kills it when this process dies without having stopped it. */
export function startComponent(options: ComponentOptions): Component {
  let child = spawnOnce(options)
  let stopping = false
  const watch = (current: ChildProcess) => {
    current.once('exit', (code, signal) => {
      if (stopping) return
      options.onEnded?.(`${options.name} ended (${signal ?? code}); see ${options.logFile}; it is started again`)
      setTimeout(() => {
        if (stopping) return
        child = spawnOnce(options)
        watch(child)
        options.onRestarted?.()
      }, restartMs)
    })
  }
  watch(child)
  return {
    name: options.name,
    get pid() { return child.pid ?? 0 },
    stop: async (graceMs = 8_000) => {
      stopping = true
      await endOf(child, graceMs)
    },
  }
}

function spawnOnce({ program, args, logFile, environment }: ComponentOptions): ChildProcess {
  const log = openSync(logFile, 'a')
  try {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], { stdio: ['ignore', log, log], env: environment ?? process.env })
    child.on('error', () => {})
    return child
  } finally {
    closeSync(log)
  }
}

async function endOf(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  const gaveUp = new AbortController()
  child.kill('SIGTERM')
  delay(graceMs, undefined, { signal: gaveUp.signal }).then(() => child.kill('SIGKILL'), () => {})
  await ended
  gaveUp.abort()
}
