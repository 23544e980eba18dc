import type { Logger } from 'pino'
import type { BaseConfig } from './base-config.ts'
import { busOfOne } from './bus-of-one.ts'
import { connect, type Connections } from './connections.ts'
import type { HealthServer } from './health-server.ts'
import { createMetrics } from './service-metrics.ts'
import type { Runtime } from './open-service.ts'
import { startHealth } from './start-health.ts'
import type { StopCause } from './stop-cause.ts'
import { openTracing } from './tracing/open-tracing.ts'
import type { Tracing } from './tracing/tracing.ts'

/** What one of several workers takes instead of opening it; its `close` functions leave the others' part alone. */
export interface SharedService {
  connections: Connections
  metrics: ReturnType<typeof createMetrics>
  health: HealthServer
  tracing: Tracing
}

export interface ServiceSharing {
  /** For one more worker. */
  part(): SharedService
  /** As Runtime.onStop, heard by every worker; one that comes after a stop is told at once. */
  onStop: NonNullable<Runtime['onStop']>
  close(): Promise<void>
}

/** Opens one connection to bus and store, one registry and one health server for all workers of a process. @throws StreamForgeError BUS_UNAVAILABLE, BAD_CONFIG */
export async function shareService(name: string, config: BaseConfig, log: Logger, runtime: Runtime): Promise<ServiceSharing> {
  const stops = shareStops(runtime.onStop)
  const metrics = createMetrics(name, log)
  const closers: (() => unknown)[] = [stops.close, metrics.close]
  const close = async () => {
    for (const end of closers.toReversed()) await Promise.resolve(end()).catch((error: unknown) => log.warn({ err: error }, 'closing failed'))
  }
  try {
    const health = await startHealth(config, metrics.registry, log, true)
    closers.push(health.close)
    const tracing = await openTracing(config, name, log)
    closers.push(tracing.close)
    const connections = await connect(config, name, runtime)
    closers.push(connections.close)
    return {
      onStop: stops.onStop, close,
      part() {
        const bus = busOfOne(connections.bus)
        return {
          connections: { ...connections, bus, close: () => bus.close() },
          metrics: { registry: metrics.registry, close: () => undefined },
          tracing: { ...tracing, close: () => Promise.resolve() },
          health: { port: health.port, setReady: health.setReady, close: () => Promise.resolve() },
        }
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** One listener to the process for all: its signals and crashes concern every worker, and Node warns of many listeners. */
function shareStops(onStop: Runtime['onStop']): { onStop: NonNullable<Runtime['onStop']>; close: () => void } {
  const listeners = new Set<(cause: StopCause) => void>()
  let stopped: StopCause | undefined
  const unsubscribe = onStop?.((cause) => {
    stopped ??= cause
    for (const stop of [...listeners]) stop(cause)
  })
  return {
    onStop(stop) {
      listeners.add(stop)
      if (stopped) stop(stopped)
      return () => listeners.delete(stop)
    },
    close: () => unsubscribe?.(),
  }
}
