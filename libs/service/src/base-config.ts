import { z } from 'zod'

const port = z.coerce.number().int().min(0).max(65_535)

/** The variables that every service reads; docs/ARCHITECTURE.md has the table. A service adds its own. */
export const baseShape = {
  BUS: z.enum(['embedded', 'kafka']).default('embedded').describe('embedded or kafka'),
  KAFKA_BROKERS: z.string().transform(splitList).pipe(z.array(z.string().regex(/^[^\s:]+:\d{1,5}$/)).min(1)).optional()
    .describe('comma-separated host:port'),
  KAFKA_SASL_USERNAME: z.string().min(1).optional().describe("a Kafka user's name; absent: no SASL"),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional().describe("the Kafka user's password"),
  KAFKA_SASL_PASSWORD_DIR: z.string().optional().describe('a folder with one file a service, named like it, that holds the password of its own Kafka user'),
  KAFKA_TLS: z.enum(['true', 'false']).default('false').transform((text) => text === 'true').describe('true or false'),
  KAFKA_TLS_CA_FILE: z.string().optional().describe("a file with the certificate authorities of the brokers (PEM); absent: Node's own"),
  STORE: z.enum(['embedded', 'remote', 'arango']).default('embedded').describe('embedded, remote or arango'),
  STORE_URL: z.url({ protocol: /^https?$/ }).optional().describe('the http or https address of the store server'),
  STORE_TOKEN: z.string().min(16).optional().describe('the token that the store server has, of at least 16 characters'),
  OBJECTS: z.enum(['embedded', 's3']).default('embedded').describe('embedded or s3'),
  S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional().describe('an http or https address, such as http://minio:9000'),
  S3_BUCKET: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/).default('streamforge').describe('a bucket name: 3 to 63 of a-z, 0-9, - and inner dots'),
  S3_REGION: z.string().regex(/^[a-z0-9-]{1,64}$/).default('us-east-1').describe('a region; servers without regions take us-east-1'),
  S3_ACCESS_KEY: z.string().optional().describe('an access key that may make, read and write the bucket'),
  S3_SECRET_KEY: z.string().optional().describe("the access key's secret key"),
  TIMESERIES: z.enum(['embedded', 'influx']).default('embedded').describe('embedded or influx'),
  INFLUX_URL: z.url({ protocol: /^https?$/ }).optional().describe('an http or https address, such as http://influxdb:8086'),
  INFLUX_TOKEN: z.string().min(1).optional().describe('a token that may read and write the bucket'),
  INFLUX_ORG: z.string().min(1).default('streamforge').describe('the name of an organisation'),
  INFLUX_BUCKET: z.string().min(1).default('streamforge').describe('the name of a bucket; made where it is missing and the token may'),
  ARANGO_URL: z.url({ protocol: /^https?$/ }).optional().describe('an http or https address'),
  ARANGO_DATABASE: z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/).optional().describe('a database name: a letter, then letters, digits, _ and -'),
  ARANGO_USER: z.string().optional().describe('a user name'),
  ARANGO_PASSWORD: z.string().optional().describe('a password'),
  DATA_DIR: z.string().default('.streamforge').describe('a folder'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info')
    .describe('fatal, error, warn, info, debug, trace or silent'),
  HEARTBEAT_MS: z.coerce.number().int().min(100).default(5_000).describe('milliseconds after which a worker that has nothing to tell says that it lives; a third of SILENCE_MS'),
  HEALTH_PORT: port.default(0).describe('a port from 0 to 65535; 0 takes a free one'),
  HEALTH_HOST: z.string().default('127.0.0.1').describe('an address to listen on, such as 127.0.0.1 or 0.0.0.0'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional().describe('the http or https address of a collector of traces, such as http://127.0.0.1:4318'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1).describe('which part of the traces is recorded, from 0 to 1'),
  SQLITE_SYNCHRONOUS: z.enum(['NORMAL', 'FULL']).default('NORMAL').describe('NORMAL or FULL'),
}

export const BaseConfig = z.object(baseShape)
export type BaseConfig = z.infer<typeof BaseConfig>

/** Variables that another one's value makes necessary. */
export const requiredWith: readonly { when: (config: BaseConfig) => boolean; because: string; needs: readonly (keyof BaseConfig)[] }[] = [
  { when: (config) => config.BUS === 'kafka', because: 'BUS is kafka', needs: ['KAFKA_BROKERS'] },
  { when: (config) => config.KAFKA_SASL_USERNAME !== undefined, because: 'KAFKA_SASL_USERNAME is set', needs: ['KAFKA_SASL_PASSWORD'] },
  { when: (config) => config.KAFKA_SASL_PASSWORD !== undefined, because: 'KAFKA_SASL_PASSWORD is set', needs: ['KAFKA_SASL_USERNAME'] },
  { when: (config) => config.STORE === 'remote', because: 'STORE is remote', needs: ['STORE_URL', 'STORE_TOKEN'] },
  {
    when: (config) => config.STORE === 'arango', because: 'STORE is arango',
    needs: ['ARANGO_URL', 'ARANGO_DATABASE', 'ARANGO_USER', 'ARANGO_PASSWORD'],
  },
  { when: (config) => config.OBJECTS === 's3', because: 'OBJECTS is s3', needs: ['S3_ENDPOINT', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'] },
  { when: (config) => config.TIMESERIES === 'influx', because: 'TIMESERIES is influx', needs: ['INFLUX_URL', 'INFLUX_TOKEN'] },
]

function splitList(text: string): string[] {
  return text.split(',').map((part) => part.trim()).filter((part) => part !== '')
}
