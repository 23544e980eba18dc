import { hostname } from 'node:os'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Context, type Span as OtelSpan, type SpanContext } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import { toStreamForgeError, type TraceContext } from '@streamforge/contracts'
import type { Logger } from 'pino'
import { abortableDelay } from '../abortable-delay.ts'
import { activeTrace } from './active-trace.ts'
import type { Span, Tracing } from './tracing.ts'

export interface OtlpOptions {
  /** Of a collector that takes OTLP over HTTP, such as http://127.0.0.1:4318; traces go to /v1/traces below it. */
  endpoint: string
  /** Of the traces that begin here, how many are recorded, from 0 to 1. One that began elsewhere is recorded if it was there. */
  ratio: number
  service: string
  log: Logger
  /** Milliseconds between two exports; default 1000. */
  exportMs?: number
  /** Milliseconds that the last export may take; default 3000. */
  closeMs?: number
}

const kinds = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const

/** Records traces and sends them by OTLP over HTTP, in batches, behind the work: a collector that is away costs spans, never work. */
export function otlpTracing({ endpoint, ratio, service, log, exportMs = 1000, closeMs = 3000 }: OtlpOptions): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, timeoutMillis: 5000 })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'streamforge', 'service.instance.id': `${hostname()}-${process.pid}` }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: exportMs, maxQueueSize: 8192, maxExportBatchSize: 512 })],
  })
  const tracer = provider.getTracer('@streamforge/service')
  return {
    records: true,
    begin(name, { kind = 'internal', parent = activeTrace(), links = [], attributes = {} } = {}) {
      const span = tracer.startSpan(name, {
        kind: kinds[kind], attributes, links: links.map((link) => ({ context: toOtel(link) })),
      }, parent ? trace.setSpanContext(ROOT_CONTEXT, toOtel(parent)) : ROOT_CONTEXT satisfies Context)
      return follow(span)
    },
    async close() {
      const limit = new AbortController()
      const closing = provider.shutdown().catch((error: unknown) => log.debug({ err: error }, 'the last spans could not be sent'))
      await Promise.race([closing, abortableDelay(closeMs, limit.signal)])
      limit.abort()
    },
  }
}

function follow(span: OtelSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    context: { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 },
    end(error) {
      if (error !== undefined) {
        // The code only: what an error says may hold what no collector should see.
        const { code } = toStreamForgeError(error)
        span.setAttribute('error.type', code)
        span.setStatus({ code: SpanStatusCode.ERROR, message: code })
      }
      span.end()
    },
  }
}

const toOtel = ({ traceId, spanId, sampled }: TraceContext): SpanContext =>
  ({ traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true })
