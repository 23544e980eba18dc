import pino, { type DestinationStream, type Logger } from 'pino'
import { activeTrace } from './tracing/active-trace.ts'

const secrets = ['password', 'token', 'authorization', 'secret', 'secretKey', 'S3_SECRET_KEY', 'KAFKA_SASL_PASSWORD', 'INFLUX_TOKEN', 'ARANGO_PASSWORD', 'STORE_TOKEN', 'POSTGRES_URL']

/** One JSON object a line. Messages are constant, facts are fields; the fields here are on every line, and `trace_id` of the trace under way where they name none. */
export function createLogger(options: {
  service: string
  level: string
  fields?: Record<string, string | number | undefined>
  stream?: DestinationStream | undefined
}): Logger {
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: { service: options.service, ...options.fields },
    ...(options.fields?.['trace_id'] === undefined && { mixin: traceFields }),
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[hidden]' },
    serializers: { err: pino.stdSerializers.errWithCause, error: pino.stdSerializers.errWithCause },
  }
  return options.stream ? pino(settings, options.stream) : pino(settings)
}

function traceFields(): { trace_id?: string } {
  const trace = activeTrace()
  return trace ? { trace_id: trace.traceId } : {}
}
