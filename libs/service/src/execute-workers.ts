import { type Target, toStreamForgeError } from '@streamforge/contracts'
import type { WorkerContext, WorkerResult } from './context.ts'
import { executeWorker, exitCodeOf, type WorkerOutcome, type WorkerRuntime } from './execute-worker.ts'
import { exitCodes } from './exit-code.ts'
import { type ConfigOf, type ConfigShape, type Environment, loadConfig } from './load-config.ts'
import { createLogger } from './logger.ts'
import { onProcessStop } from './process-stops.ts'
import { shareService } from './share-service.ts'
import { workerEnvironments } from './worker-environments.ts'

/** The work of the workers of one process. */
export interface SharedWork<Config> {
  work: (worker: WorkerContext<Config>) => Promise<WorkerResult>
  /** One of those expected will not come to its work. */
  onAbsent?: () => void
}

export interface WorkersDefinition<Shape extends ConfigShape> {
  serviceName: string
  target: Target
  shape: Shape
  /** Called once, with the number of workers. */
  share: (count: number) => SharedWork<ConfigOf<Shape>>
}

/**
 * Runs the worker that the environment describes, or with ASSIGNMENTS several side by side over one connection to bus and store. Each hears its own
 * commands, tells its own end, and harms no other by it. Resolves with their outcomes in the order of the list.
 * @throws StreamForgeError BAD_CONFIG, BUS_UNAVAILABLE before any has begun
 */
export async function executeWorkers<Shape extends ConfigShape>(definition: WorkersDefinition<Shape>, runtime: WorkerRuntime): Promise<WorkerOutcome[]> {
  const { serviceName, target, shape, share } = definition
  const environments = workerEnvironments(runtime.env, target)
  const { work, onAbsent } = share(environments.length)
  const execute = async (env: Environment, more: Partial<WorkerRuntime> = {}) => {
    let came = false
    const outcome = await executeWorker({
      serviceName, target, shape,
      work: (worker: WorkerContext<ConfigOf<Shape>>) => {
        came = true
        return work(worker)
      },
    }, { ...runtime, ...more, env })
    if (!came) onAbsent?.()
    return outcome
  }
  if (environments.length === 1) return [await execute(environments[0]!)]
  const config = loadConfig(shape, environments[0]!)
  const log = createLogger({ service: serviceName, level: config.LOG_LEVEL, stream: runtime.logStream, fields: { workers: environments.length } })
  const sharing = await shareService(serviceName, config, log, runtime)
  try {
    return await Promise.all(environments.map((env) => execute(env, { shared: sharing.part(), onStop: sharing.onStop })))
  } finally {
    await sharing.close()
  }
}

/**
 * How a process ends for all of its workers: by the gravest of their codes. That the environment is not right is only said where it was so for all: a
 * job of which nothing else is heard would not be tried again.
 */
export function sharedExitCode(codes: readonly number[]): number {
  const all = codes.every((code) => code === exitCodes.badConfig)
  return Math.max(exitCodes.done, ...codes.map((code) => (code === exitCodes.badConfig && !all ? exitCodes.retryable : code)))
}

/** As runWorker, for an app whose jobs may share a process; each worker tells its own end in its events. */
export async function runWorkers<Shape extends ConfigShape>(
  serviceName: string, target: Target, shape: Shape, share: WorkersDefinition<Shape>['share'],
): Promise<never> {
  try {
    const outcomes = await executeWorkers({ serviceName, target, shape, share }, { env: process.env, onStop: onProcessStop })
    process.exit(sharedExitCode(outcomes.map(({ exitCode }) => exitCode)))
  } catch (thrown) {
    const error = toStreamForgeError(thrown)
    createLogger({ service: serviceName, level: 'info' }).fatal({ err: error, code: error.code, remedy: error.remedy }, 'the workers could not start')
    process.exit(exitCodeOf(error))
  }
}
