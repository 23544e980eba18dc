import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { StreamForgeError } from '@streamforge/contracts'
import { nodeCommand } from '@streamforge/launcher'

export interface ServiceSpec {
  name: string
  /** The program and its arguments, run by this process's Node. */
  script: string
  env: Record<string, string>
  logDirectory: string
  /** Recognises the line of output that says the service is ready, and takes its address from it. */
  readyUrl: (line: string) => string | undefined
}

export interface SupervisedService {
  readonly name: string
  readonly url: string
  readonly pid: () => number | undefined
  /** SIGTERM, and SIGKILL after `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

const repositoryRoot = resolve(import.meta.dirname, '../../../..')

/**
 * Starts a long-running service, waits until it says it is ready, and starts it again whenever it ends by itself: what a
 * Deployment's controller does on a cluster.
 * @throws StreamForgeError LAUNCH_FAILED when it ends before it was ready for the first time
 */
export async function superviseService(spec: ServiceSpec, onRestart: (reason: string) => void): Promise<SupervisedService> {
  await mkdir(spec.logDirectory, { recursive: true })
  const log = createWriteStream(join(spec.logDirectory, `${spec.name}.log`), { flags: 'a' })
  const ready = Promise.withResolvers<string>()
  let stopping = false
  let child: ChildProcess
  let restarts = 0
  let lastLines: string[] = []
  // A service that took a free port keeps it: the others know its address.
  let port: Record<string, string> = {}

  const start = () => {
    const [program, ...args] = nodeCommand(join(repositoryRoot, spec.script))
    child = spawn(program, args, {
      env: { ...process.env, ...spec.env, ...port }, stdio: ['ignore', 'pipe', 'pipe'], cwd: process.cwd(),
      // Its own process group: Ctrl-C reaches only this process, which then stops the services in order.
      detached: true,
    })
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        log.write(`${line}\n`)
        lastLines = [...lastLines.slice(-4), line]
        const url = spec.readyUrl(line)
        if (!url) return
        port = { PORT: new URL(url).port }
        ready.resolve(url)
      })
    }
    child.on('exit', (code, signal) => {
      if (stopping) return
      const reason = signal ?? `exit code ${code}`
      ready.reject(new StreamForgeError('LAUNCH_FAILED', `${spec.name} ended before it was ready (${reason})\n  ${lastLines.join('\n  ')}`, {
        remedy: `its log is ${join(spec.logDirectory, `${spec.name}.log`)}`,
      }))
      onRestart(reason)
      setTimeout(() => { if (!stopping) start() }, Math.min(10_000, 200 * 2 ** restarts++))
    })
  }
  start()
  const stop = async (graceMs = 10_000) => {
    stopping = true
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((done) => child.once('exit', done))
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
    await gone
    clearTimeout(timer)
    log.end()
  }
  try {
    return { name: spec.name, url: await ready.promise, pid: () => child.pid, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
