import { setTimeout as delay } from 'node:timers/promises'
import { nodeCommand } from '@streamforge/launcher'
import { startGuarded, type GuardedProcess } from '@streamforge/servers'

export interface ServiceSpec {
  readonly name: string
  /** The program's file. */
  readonly script: string
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  /** Answers with success when the service can work. */
  readonly readyUrl: string
}

/** A service that is started again whenever it ends, as a Deployment's controller does. */
export interface SupervisedService {
  readonly name: string
  pid(): number
  /** How often it was started. */
  starts(): number
  isReady(): Promise<boolean>
  stop(): Promise<void>
}

const restartMs = 300
const readyWithinMs = 60_000

/** Resolves when it is ready for the first time. It cannot outlive this process. */
export async function superviseService(spec: ServiceSpec): Promise<SupervisedService> {
  const [program, ...args] = nodeCommand(spec.script)
  let stopping = false
  let starts = 0
  let running: GuardedProcess
  const start = async (): Promise<void> => {
    running = await startGuarded(program, args, spec.logFile, { env: spec.env })
    starts++
    void running.ended.then(async () => {
      await delay(restartMs)
      if (!stopping) await start()
    })
  }
  await start()
  const service: SupervisedService = {
    name: spec.name,
    pid: () => running.pid,
    starts: () => starts,
    isReady: () => fetch(spec.readyUrl, { signal: AbortSignal.timeout(1_000) }).then((answer) => answer.ok, () => false),
    async stop() {
      stopping = true
      signal(running.pid, 'SIGCONT')
      await running.stop()
    },
  }
  const giveUp = AbortSignal.timeout(readyWithinMs)
  while (!(await service.isReady())) {
    if (giveUp.aborted) {
      await service.stop()
      throw new Error(`${spec.name} was not ready after ${readyWithinMs / 1000} s; its log is ${spec.logFile}`)
    }
    await delay(50)
  }
  return service
}

/** False when the process is gone already. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch {
    return false
  }
}
