import { randomBytes } from 'node:crypto'
import type { TraceContext } from '@streamforge/contracts'
import { activeTrace, inTrace } from './active-trace.ts'

export interface SpanOptions {
  kind?: 'internal' | 'server' | 'producer' | 'consumer'
  /** Default: the trace under way; without one a new trace begins. */
  parent?: TraceContext | undefined
  /** What else it has to do with. */
  links?: readonly TraceContext[]
  attributes?: Readonly<Record<string, string | number | boolean | undefined>>
}

/** A piece of work within a trace. */
export interface Span {
  readonly context: TraceContext
  /** With what went wrong, if anything did. More than once is harmless. */
  end(error?: unknown): void
}

/** Follows work over services. */
export interface Tracing {
  /** False: nothing is recorded, and no headers are added to messages. */
  readonly records: boolean
  begin(name: string, options?: SpanOptions): Span
  /** Sends what is left; gives up after some seconds. */
  close(): Promise<void>
}

/** Traces have their ids all the same, for logs and for those who record: a request that came with one goes on in it. */
export const noTracing: Tracing = {
  records: false,
  begin: (_name, options) => ({ context: options?.parent ?? activeTrace() ?? newTrace(), end: () => undefined }),
  close: () => Promise.resolve(),
}

/** Does work within a span. */
export async function inSpan<T>(tracing: Tracing, name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  const span = tracing.begin(name, options)
  try {
    const result = await inTrace(span.context, work)
    span.end()
    return result
  } catch (error) {
    span.end(error)
    throw error
  }
}

const newTrace = (): TraceContext => ({ traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), sampled: false })
