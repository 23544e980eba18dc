import { toStreamForgeError } from '@streamforge/contracts'
import type { Logger } from 'pino'
import type { ServiceContext } from './context.ts'
import { exitCodes } from './exit-code.ts'
import { type ConfigOf, type ConfigShape, loadConfig } from './load-config.ts'
import { createLogger } from './logger.ts'
import { openService, type OpenService, type Runtime } from './open-service.ts'
import { onProcessStop } from './process-stops.ts'

export interface ServiceDefinition<Shape extends ConfigShape> {
  name: string
  shape: Shape
  /** Resolves with what stops the service when it runs. */
  start: (context: ServiceContext<ConfigOf<Shape>>) => Promise<() => Promise<void>>
}

const flushMs = 5000

/**
 * Runs a service until SIGTERM or SIGINT, then stops it and ends the process: 0, or 1 when it could not start or crashed, 2 when
 * starting again would not help, 78 for a bad environment.
 */
export async function runService<Shape extends ConfigShape>(
  name: string, shape: Shape, start: ServiceDefinition<Shape>['start'],
): Promise<never> {
  process.exit(await executeService({ name, shape, start }, { env: process.env, onStop: onProcessStop }))
}

/** The same without the process, for tests; resolves with the exit code. */
export async function executeService<Shape extends ConfigShape>(definition: ServiceDefinition<Shape>, runtime: Runtime): Promise<number> {
  const { name, shape } = definition
  let log = createLogger({ service: name, level: 'info', stream: runtime.logStream, env: runtime.env })
  let service: OpenService<ConfigOf<Shape>> | undefined
  try {
    const config = loadConfig(shape, runtime.env)
    log = createLogger({ service: name, level: config.LOG_LEVEL, stream: runtime.logStream, env: runtime.env })
    service = await openService({ name, config, log, runtime })
    return await serve(definition, service, log)
  } catch (thrown) {
    const error = toStreamForgeError(thrown)
    log.fatal({ err: error, code: error.code, remedy: error.remedy }, 'the service could not run')
    if (error.code === 'BAD_CONFIG') return exitCodes.badConfig
    return error.retryable ? exitCodes.retryable : exitCodes.final
  } finally {
    await service?.close(flushMs)
  }
}

async function serve<Shape extends ConfigShape>(
  { start }: ServiceDefinition<Shape>, { context, stopped }: OpenService<ConfigOf<Shape>>, log: Logger,
): Promise<number> {
  context.setReady('started', false)
  const stop = await start(context)
  context.setReady('started', true)
  log.info('started')
  await new Promise<void>((resolve) => {
    if (context.signal.aborted) resolve()
    else context.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  context.setReady('started', false)
  await stop()
  const cause = stopped()
  if (cause?.kind !== 'crashed') return exitCodes.done
  log.fatal({ err: cause.error }, 'the service crashed')
  return exitCodes.retryable
}
