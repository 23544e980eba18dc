import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type GuardedProcess, startGuarded } from './guarded-process.ts'

/** How one server process is started, and how it is known to be up. */
export interface ServerProcess {
  /** As people know it: `MinIO`. */
  title: string
  program: string
  args: readonly string[]
  /** Set beside what this process has; passwords go here, never into `args`. */
  env?: Readonly<Record<string, string>>
  /** What ends it in order; default SIGTERM. */
  stopSignal?: NodeJS.Signals
  logFile: string
  /** Asked again and again until it says yes. */
  isReady: () => Promise<boolean>
  readyWithinMs: number
}

/** What every server that this process started can do. */
export interface RunningServer {
  readonly pid: number
  /** Ends it in order and removes its data when it made the directory. */
  stop(): Promise<void>
  /** SIGKILL; `restart` brings it back with its data, at the same address. */
  kill(): Promise<void>
  /** Starts it again after kill(), or ends it and starts it again. */
  restart(): Promise<void>
}

/** Starts a server that cannot outlive this process; resolves when it is ready. `removeData` runs after stop(), and when it does not come up. */
export async function runServer(preparing: Promise<ServerProcess>, removeData: () => Promise<void>): Promise<RunningServer> {
  const { process, first } = await start(preparing).catch(async (error: unknown) => {
    await removeData()
    throw error
  })
  let server = first
  return {
    get pid() { return server.pid },
    kill: () => server.kill(),
    restart: async () => {
      await server.stop()
      server = await startReady(process)
    },
    stop: async () => {
      await server.stop()
      await removeData()
    },
  }
}

async function start(preparing: Promise<ServerProcess>): Promise<{ process: ServerProcess; first: GuardedProcess }> {
  const process = await preparing
  return { process, first: await startReady(process) }
}

async function startReady(process: ServerProcess): Promise<GuardedProcess> {
  const { program, args, logFile, env, stopSignal } = process
  await writeFile(logFile, '')
  const server = await startGuarded(program, args, logFile, { ...(env && { env }), ...(stopSignal && { stopSignal }) })
  try {
    await untilReady(process, () => server.hasEnded())
    return server
  } catch (error) {
    await server.kill()
    throw error
  }
}

/** Waits until the process answers. @throws Error with the end of its log when it ends or takes too long */
export async function untilReady({ title, isReady, readyWithinMs, logFile }: ServerProcess, hasEnded: () => boolean): Promise<void> {
  const giveUp = AbortSignal.timeout(readyWithinMs)
  while (!hasEnded() && !giveUp.aborted) {
    if (await isReady()) return
    await delay(50)
  }
  const tail = (await readFile(logFile, 'utf8')).slice(-2000)
  throw new Error(`${title} ${hasEnded() ? 'ended while starting' : `was not ready after ${readyWithinMs} ms`}: ${tail}`)
}

/** Whether an HTTP address answers with success. */
export const answers = (url: string): Promise<boolean> => fetch(url, { signal: AbortSignal.timeout(2000) }).then((answer) => answer.ok, () => false)
