import type { Bus } from '@streamforge/bus'
import { ensureTopics, traceBus } from '@streamforge/bus'
import type { Assignment } from '@streamforge/contracts'
import type { DestinationStream, Logger } from 'pino'
import type { BaseConfig } from './base-config.ts'
import { type Connections, connect, type GivenAdapters } from './connections.ts'
import type { ServiceContext } from './context.ts'
import { listenToControl } from './control-listener.ts'
import { createOutbox, type EventOutbox } from './event-outbox.ts'
import { pongOf } from './event-reporter.ts'
import type { HealthServer } from './health-server.ts'
import type { Environment } from './load-config.ts'
import { createMetrics } from './service-metrics.ts'
import type { SharedService } from './share-service.ts'
import { startHealth } from './start-health.ts'
import { type StopCause, WorkStopped } from './stop-cause.ts'
import { busTracer } from './tracing/bus-tracer.ts'
import { openTracing } from './tracing/open-tracing.ts'
import type { Tracing } from './tracing/tracing.ts'

/** Where a service runs: the process, or a test. */
export interface Runtime extends GivenAdapters {
  env: Environment
  now?: () => number
  random?: () => number
  logStream?: DestinationStream | undefined
  /** Taken in place of a bus, a store, metrics and a health server of its own. */
  shared?: SharedService
  /** Says what may stop the service from outside (signals); returns the unsubscribe. */
  onStop?: (stop: (cause: StopCause) => void) => () => void
}

/** What every service has while it runs, whether it is a worker or not. */
export interface OpenService<Config> {
  context: ServiceContext<Config>
  outbox: EventOutbox
  stop: (cause: StopCause) => void
  stopped: () => StopCause | undefined
  /** Leaves the control topic and closes what was opened; `flushMs` bounds the wait for events not yet published. */
  close: (flushMs: number) => Promise<{ flushed: boolean }>
}

interface ServiceParts<Config> {
  name: string
  config: Config
  log: Logger
  runtime: Runtime
  assignment?: Assignment | undefined
}

/** Connects, serves health and listens. @throws StreamForgeError BUS_UNAVAILABLE, BAD_CONFIG */
export async function openService<Config extends BaseConfig>(parts: ServiceParts<Config>): Promise<OpenService<Config>> {
  const { name, config, log, runtime, assignment } = parts
  const now = runtime.now ?? Date.now
  const random = runtime.random ?? Math.random
  const { shared } = runtime
  const metrics = shared?.metrics ?? createMetrics(name, log)
  const stopping = new AbortController()
  const stop = (cause: StopCause) => {
    if (!stopping.signal.aborted) log.info({ cause: cause.kind }, 'stopping')
    stopping.abort(new WorkStopped(cause))
  }
  const unsubscribe = runtime.onStop?.(stop)
  const tracing = shared?.tracing ?? await openTracing(config, name, log)
  const health = shared?.health ?? await startHealth(config, metrics.registry, log, assignment !== undefined)
  const connections = shared?.connections ?? await connect(config, assignment?.telemetry_id ?? name, runtime, name).catch(async (error: unknown) => {
    await health.close()
    await tracing.close()
    metrics.close()
    unsubscribe?.()
    throw error
  })
  health.setReady('bus', true)
  const bus = tracing.records ? traceBus(connections.bus, busTracer(tracing, now)) : connections.bus
  const topics = oncePerBus(bus)
  const outbox = createOutbox({ bus, log, random, ensureTopics: topics })
  const control = listenToControl({
    bus, listener: { service: name, assignment }, log, ensureTopics: topics,
    onDecision: (decision) => decision.do === 'stop' ? stop(decision.cause) : outbox.send(pongOf(decision.ping, { service: name, assignment }, now())),
  })
  void control.listening.then(() => {
    health.setReady('control', true)
    log.info('listening to commands')
  })
  const context: ServiceContext<Config> = {
    name, config, log, bus, store: connections.store, objects: connections.objects, series: connections.series, metrics: metrics.registry, tracing,
    signal: stopping.signal, now, random, setReady: health.setReady,
  }
  return {
    context, outbox, stop,
    stopped: () => stopping.signal.aborted ? (stopping.signal.reason as WorkStopped).stop : undefined,
    close: async (flushMs) => {
      const flushed = await outbox.flush(flushMs)
      await closeAll({ control, connections, health, tracing, log })
      metrics.close()
      unsubscribe?.()
      return { flushed }
    },
  }
}

/** Topics that are there stay there: one successful check is enough. */
function oncePerBus(bus: Bus): () => Promise<void> {
  let made: Promise<void> | undefined
  return () => (made ??= ensureTopics(bus).catch((error: unknown) => {
    made = undefined
    throw error
  }))
}

async function closeAll(parts: { control: { close: () => Promise<void> }; connections: Connections; health: HealthServer; tracing: Tracing; log: Logger }) {
  const { control, connections, health, tracing, log } = parts
  for (const close of [control.close, connections.close, tracing.close, health.close]) {
    await close().catch((error: unknown) => log.warn({ err: error }, 'closing failed'))
  }
}
