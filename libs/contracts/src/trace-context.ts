import { z } from 'zod'

/** W3C Trace Context, version 00: `00-<trace id>-<parent id>-<flags>`; ids of zeros are invalid by its text. */
export const Traceparent = z.string().regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/)
  .describe('W3C traceparent: the trace that this belongs to')

/** The header of messages and requests that carries it, as the recommendation names it. */
export const traceparentHeader = 'traceparent'

export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string
  /** 16 hexadecimal digits. */
  spanId: string
  /** Whether the trace is recorded. */
  sampled: boolean
}

/** Undefined for what is no valid traceparent: a trace is never a reason to refuse anything. */
export function readTraceparent(text: unknown): TraceContext | undefined {
  const parsed = Traceparent.safeParse(text)
  if (!parsed.success) return undefined
  const [, traceId, spanId, flags] = parsed.data.split('-') as [string, string, string, string]
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export function writeTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}
