import pino, { type DestinationStream, type Logger } from 'pino'
import { hideSecrets, secretValues } from './hide-secrets.ts'
import type { Environment } from './load-config.ts'
import { logDestination } from './log-destination.ts'
import { activeTrace } from './tracing/active-trace.ts'

/** Fields that are secrets whatever they hold; {@link hideSecrets} finds the others in the line itself. */
const secretFields = ['password', 'token', 'authorization', 'cookie', 'secret', 'secretKey']

/** One JSON object a line. Messages are constant, facts are fields; the fields here are on every line, and `trace_id` of the trace under way where they name none. */
export function createLogger(options: {
  service: string
  level: string
  fields?: Record<string, string | number | undefined>
  stream?: DestinationStream | undefined
  /** Whose secrets no line shows; default: the process's. */
  env?: Environment
}): Logger {
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: { service: options.service, ...options.fields },
    ...(options.fields?.['trace_id'] === undefined && { mixin: traceFields }),
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secretFields.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[hidden]' },
    hooks: { streamWrite: hideSecrets(secretValues(options.env ?? process.env)) },
    serializers: { err: pino.stdSerializers.errWithCause, error: pino.stdSerializers.errWithCause },
  }
  return pino(settings, options.stream ?? logDestination())
}

function traceFields(): { trace_id?: string } {
  const trace = activeTrace()
  return trace ? { trace_id: trace.traceId } : {}
}
