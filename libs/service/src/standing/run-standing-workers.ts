import { assignmentToEnv, Assignment, assignmentVariables, toStreamForgeError, type Target } from '@streamforge/contracts'
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { z } from 'zod'
import type { WorkerContext, WorkerResult } from '../context.ts'
import { executeWorker, exitCodeOf, type WorkerRuntime } from '../execute-worker.ts'
import { exitCodes } from '../exit-code.ts'
import { type ConfigOf, type ConfigShape, type Environment, loadConfig } from '../load-config.ts'
import { createLogger } from '../logger.ts'
import { onProcessStop } from '../process-stops.ts'
import { shareService } from '../share-service.ts'
import type { StopCause } from '../stop-cause.ts'
import { standBy } from './stand-by.ts'
import { openMembership } from './standing-jobs.ts'

/** Beside what the app reads. */
const StandingConfig = {
  IMAGE_REGISTRY: z.string().min(1).default('registry.example/streamforge').describe('where the images are, without a tag'),
  IMAGE_VERSION: z.string().min(1).default('v0.1.0').describe("the images' tag"),
  STANDING_JOBS: z.coerce.number().int().min(1).max(1_000).default(16).describe('jobs that one standing process works on at once, at most'),
  STANDING_POLL_MS: z.coerce.number().int().min(5).max(60_000).default(500).describe('milliseconds between looks for jobs, and between signs of life'),
}

export interface StandingDefinition<Shape extends ConfigShape> {
  serviceName: string
  target: Target
  shape: Shape
  work: (worker: WorkerContext<ConfigOf<Shape>>) => Promise<WorkerResult>
}

/**
 * Runs all the time and works on the jobs of its own image that queue-manager gives to standing processes (STANDING_APPS), several side by side over one
 * connection to bus and store. Each job is a worker as in a process of its own: it hears its commands and tells its end. Resolves when it was told to stop
 * and all have ended.
 * @throws StreamForgeError BAD_CONFIG, BUS_UNAVAILABLE, STORE_UNAVAILABLE before it stands
 */
export async function executeStandingWorkers<Shape extends ConfigShape>({ serviceName, target, shape, work }: StandingDefinition<Shape>, runtime: WorkerRuntime): Promise<void> {
  const config = loadConfig({ ...StandingConfig, ...shape }, runtime.env)
  const standing = loadConfig(StandingConfig, runtime.env)
  const log = createLogger({ service: serviceName, level: config.LOG_LEVEL, stream: runtime.logStream, env: runtime.env })
  const sharing = await shareService(serviceName, config, log, runtime)
  const stopping = new AbortController()
  const unsubscribe = sharing.onStop(() => stopping.abort())
  try {
    const own = sharing.part()
    const membership = await openMembership({
      store: await own.connections.store(), instance: `${hostname()}-${randomUUID().slice(0, 8)}`, image: `${standing.IMAGE_REGISTRY}/${serviceName}:${standing.IMAGE_VERSION}`,
      now: runtime.now ?? Date.now,
    })
    own.health.setReady('bus', true)
    // A worker of a process of its own says so once it hears commands; this process is ready before it has any.
    own.health.setReady('control', true)
    log.info('standing by')
    await standBy({
      membership, log, elapsed: () => performance.now(), signal: stopping.signal, pollMs: standing.STANDING_POLL_MS, maxJobs: standing.STANDING_JOBS,
      work: async (job, end) => {
        const env: Environment = { ...runtime.env, ...unset, ...assignmentToEnv(Assignment.strip().parse(job.start)) }
        return executeWorker({ serviceName, target, shape, work }, { ...runtime, env, shared: sharing.part(), onStop: eitherStop(sharing.onStop, end) })
      },
    })
  } finally {
    unsubscribe()
    await sharing.close()
  }
}

/** What an assignment may leave out must not come from the process's own environment. */
const unset: Environment = Object.fromEntries(['ASSIGNMENTS', ...assignmentVariables].map((name) => [name, undefined]))

/** A worker stops with its process, and as a process of its own would by SIGTERM when its job is cancelled. */
function eitherStop(process: (stop: (cause: StopCause) => void) => () => void, end: AbortSignal) {
  return (stop: (cause: StopCause) => void) => {
    const onEnd = () => stop({ kind: 'terminated', signal: 'SIGTERM' })
    if (end.aborted) onEnd()
    else end.addEventListener('abort', onEnd, { once: true })
    const unsubscribe = process(stop)
    return () => {
      end.removeEventListener('abort', onEnd)
      unsubscribe()
    }
  }
}

/** As runWorkers, for an app that stands by. Ends the process: 0 when it was told to stop, 1 or 78 when it could not stand. */
export async function runStandingWorkers<Shape extends ConfigShape>(
  serviceName: string, target: Target, shape: Shape, work: StandingDefinition<Shape>['work'],
): Promise<never> {
  try {
    await executeStandingWorkers({ serviceName, target, shape, work }, { env: process.env, onStop: onProcessStop })
    process.exit(exitCodes.done)
  } catch (thrown) {
    const error = toStreamForgeError(thrown)
    createLogger({ service: serviceName, level: 'info' }).fatal({ err: error, code: error.code, remedy: error.remedy }, 'the process cannot stand by')
    process.exit(exitCodeOf(error))
  }
}
