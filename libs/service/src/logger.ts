import pino, { type DestinationStream, type Logger } from 'pino'

const secrets = ['password', 'token', 'authorization', 'secret', 'secretKey', 'S3_SECRET_KEY', 'KAFKA_SASL_PASSWORD', 'INFLUX_TOKEN', 'ARANGO_PASSWORD', 'STORE_TOKEN', 'POSTGRES_URL']

/** One JSON object a line. Messages are constant, facts are fields; the fields here are on every line. */
export function createLogger(options: {
  service: string
  level: string
  fields?: Record<string, string | number | undefined>
  stream?: DestinationStream | undefined
}): Logger {
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: { service: options.service, ...options.fields },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[hidden]' },
    serializers: { err: pino.stdSerializers.errWithCause, error: pino.stdSerializers.errWithCause },
  }
  return options.stream ? pino(settings, options.stream) : pino(settings)
}
