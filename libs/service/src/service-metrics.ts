import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Logger } from 'pino'
import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

/** The fields of the libraries' diagnostics messages that become metrics; each message has some of them. */
interface Facts {
  topic?: string
  partition?: number
  offset?: string
  reason?: string
  group?: string
  code?: string
  collection?: string
  measurement?: string
  points?: number
  messages?: number
  documents?: number
  bytes?: number
  ms?: number
  attempt?: number
  error?: unknown
}

type Observe = (facts: Facts) => void

/** The libraries tell on diagnostics channels what they did, and know nothing of metrics; here the two meet. What was passed over is logged too. */
export function createMetrics(service: string, log?: Pick<Logger, 'warn'>): { registry: Registry; close: () => void } {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  // Ten looks a second at how late the event loop is; a hundred, the default, are a third of what an idle service costs.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 })
  const observers = Object.entries({ ...busObservers(registry, log), ...storeObservers(registry), ...seriesObservers(registry) })
    .map(([channel, observe]) => ({ channel, listener: (message: unknown) => observe(message as Facts) }))
  for (const { channel, listener } of observers) subscribe(channel, listener)
  return {
    registry,
    close: () => {
      for (const { channel, listener } of observers) unsubscribe(channel, listener)
      registry.clear()
    },
  }
}

function busObservers(registry: Registry, log: Pick<Logger, 'warn'> | undefined): Record<string, Observe> {
  const published = createCounter(registry, 'streamforge_bus_messages_published_total', 'Messages that the bus has acknowledged', 'topic')
  const publishedBytes = createCounter(registry, 'streamforge_bus_bytes_published_total', 'Bytes of their keys and values', 'topic')
  const consumed = createCounter(registry, 'streamforge_bus_messages_consumed_total', 'Messages handled', 'topic')
  const deadLettered = createCounter(registry, 'streamforge_bus_messages_dead_lettered_total', 'Messages refused', 'topic', 'code')
  const skipped = createCounter(registry, 'streamforge_bus_skips_total', 'Times that messages were passed over: deleted before they were read, or unreadable to a tail', 'topic')
  const stalls = createCounter(registry, 'streamforge_bus_stalls_total', 'Times that messages could not be appended, such as on a full disk, and waited', 'topic')
  const publishSeconds = duration(registry, 'streamforge_bus_publish_seconds', 'From publish to acknowledgement, a batch', 'topic')
  const handleSeconds = duration(registry, 'streamforge_bus_handle_seconds', 'A handler with one batch', 'topic')
  return {
    'streamforge:bus:publish': ({ topic = '', messages = 0, bytes = 0, ms = 0 }) => {
      published.inc({ topic }, messages)
      publishedBytes.inc({ topic }, bytes)
      publishSeconds.observe({ topic }, ms / 1000)
    },
    'streamforge:bus:consume': ({ topic = '', messages = 0, ms = 0 }) => {
      consumed.inc({ topic }, messages)
      handleSeconds.observe({ topic }, ms / 1000)
    },
    'streamforge:bus:skipped': ({ topic = '', partition, offset, reason }) => {
      skipped.inc({ topic })
      log?.warn({ topic, partition, offset, reason }, 'messages were passed over')
    },
    'streamforge:bus:stalled': ({ topic = '', messages, attempt, error }) => {
      stalls.inc({ topic })
      log?.warn({ topic, messages, attempt, err: error }, 'the bus has no space for more; waiting')
    },
    'streamforge:bus:dead-letter': ({ topic = '', code = '' }) => deadLettered.inc({ topic, code }),
  }
}

function storeObservers(registry: Registry): Record<string, Observe> {
  const written = createCounter(registry, 'streamforge_store_documents_written_total', 'Documents given to the store', 'collection')
  const read = createCounter(registry, 'streamforge_store_documents_read_total', 'Documents read from the store', 'collection')
  const writeSeconds = duration(registry, 'streamforge_store_write_seconds', 'A batch until it is durable', 'collection')
  return {
    'streamforge:store:write': ({ collection = '', documents = 0, ms = 0 }) => {
      written.inc({ collection }, documents)
      writeSeconds.observe({ collection }, ms / 1000)
    },
    'streamforge:store:read': ({ collection = '', documents = 0 }) => read.inc({ collection }, documents),
  }
}

function seriesObservers(registry: Registry): Record<string, Observe> {
  const written = createCounter(registry, 'streamforge_series_points_written_total', 'Points that the time series have taken', 'measurement')
  const writeSeconds = duration(registry, 'streamforge_series_write_seconds', 'A batch of points until it is durable', 'measurement')
  return {
    'streamforge:timeseries:write': ({ measurement = '', points = 0, ms = 0 }) => {
      written.inc({ measurement }, points)
      writeSeconds.observe({ measurement }, ms / 1000)
    },
  }
}

/** A counter of a service's own, beside those that every service has. */
export function createCounter(registry: Registry, name: string, help: string, ...labelNames: string[]): Counter {
  return new Counter({ name, help, labelNames, registers: [registry] })
}

function duration(registry: Registry, name: string, help: string, ...labelNames: string[]): Histogram {
  return new Histogram({ name, help, labelNames, buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10], registers: [registry] })
}
