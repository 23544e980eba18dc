import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { BaseConfig } from './base-config.ts'
import { type HealthServer, startHealthServer } from './health-server.ts'

/** The health server of a service as its configuration has it, not ready yet; a worker takes a free port where its own is taken. */
export async function startHealth(config: BaseConfig, metrics: Registry, log: Logger, isWorker: boolean): Promise<HealthServer> {
  const health = await startHealthServer({ host: config.HEALTH_HOST, port: config.HEALTH_PORT, metrics, log, fallBackToFreePort: isWorker })
  for (const condition of ['bus', 'control']) health.setReady(condition, false)
  log.info({ host: config.HEALTH_HOST, port: health.port }, 'health server listening')
  return health
}
