import { join } from 'node:path'
import { toStreamForgeError } from '@streamforge/contracts'
import { createLogger, createMetrics, exitCodes, loadConfig, onProcessStop, startHealthServer, type StopCause } from '@streamforge/service'
import { openServedStore } from '@streamforge/store'
import { Config } from './config.ts'
import { createServer } from './create-server.ts'

const service = 'store-server'

/**
 * Serves the embedded store until it is told to stop. It is the one service that uses no bus: those that do need it first.
 * Resolves with the exit code.
 */
async function run(): Promise<number> {
  const config = loadConfig(Config, process.env)
  const log = createLogger({ service, level: config.LOG_LEVEL })
  const stopping = Promise.withResolvers<StopCause>()
  onProcessStop((cause) => stopping.resolve(cause))
  const { registry, close: closeMetrics } = createMetrics(service)
  const health = await startHealthServer({ host: config.HEALTH_HOST, port: config.HEALTH_PORT, metrics: registry, fallBackToFreePort: false })
  health.setReady('started', false)
  const store = await openServedStore({ file: join(config.DATA_DIR, 'store.db'), synchronous: config.SQLITE_SYNCHRONOUS, now: Date.now })
  const app = createServer({ store, token: config.STORE_TOKEN, log, metrics: registry })
  const url = await app.listen({ port: config.PORT, host: config.HOST })
  health.setReady('started', true)
  log.info({ url, health: health.port }, 'listening')
  const cause = await stopping.promise
  health.setReady('started', false)
  log.info({ cause: cause.kind }, 'stopping')
  // Waits for the answers under way.
  await app.close()
  await store.close()
  await health.close()
  closeMetrics()
  if (cause.kind !== 'crashed') return exitCodes.done
  log.fatal({ err: cause.error }, 'the service crashed')
  return exitCodes.retryable
}

process.exit(await run().catch((thrown: unknown) => {
  const error = toStreamForgeError(thrown)
  createLogger({ service, level: 'info' }).fatal({ err: error, code: error.code, remedy: error.remedy }, 'the service could not run')
  return error.code === 'BAD_CONFIG' ? exitCodes.badConfig : error.retryable ? exitCodes.retryable : exitCodes.final
}))
