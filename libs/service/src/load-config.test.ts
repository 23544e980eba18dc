import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StreamForgeError } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { busConfig, objectsConfig, seriesConfig, storeConfig } from './connections.ts'
import { loadConfig } from './load-config.ts'

const message = (env: Record<string, string>, shape: z.ZodRawShape = {}) => {
  try {
    loadConfig(shape, env)
  } catch (error) {
    expect(error).toBeInstanceOf(StreamForgeError)
    expect((error as StreamForgeError).code).toBe('BAD_CONFIG')
    return (error as StreamForgeError).message
  }
  throw new Error('the configuration was accepted')
}

describe('the configuration from the environment', () => {
  it('has a default for everything on a laptop, and ignores empty variables', () => {
    expect(loadConfig({}, { BUS: '', LOG_LEVEL: ' ', OTHER: 'x' })).toEqual({
      BUS: 'embedded', STORE: 'embedded', DATA_DIR: '.streamforge', LOG_LEVEL: 'info', HEALTH_PORT: 0, HEALTH_HOST: '127.0.0.1', HEARTBEAT_MS: 5000,
      SQLITE_SYNCHRONOUS: 'NORMAL', OTEL_TRACES_SAMPLER_ARG: 1, KAFKA_TLS: false, OBJECTS: 'embedded', S3_BUCKET: 'streamforge', S3_REGION: 'us-east-1',
      TIMESERIES: 'embedded', INFLUX_ORG: 'streamforge', INFLUX_BUCKET: 'streamforge',
    })
  })

  it("takes a service's own variables as a shape or as an object", () => {
    const shape = { PORT: z.coerce.number().int().default(8080), NAME: z.string() }
    expect(loadConfig(shape, { PORT: '81', NAME: 'x' })).toMatchObject({ PORT: 81, NAME: 'x', BUS: 'embedded' })
    expect(loadConfig(z.object(shape), { NAME: 'x' }).PORT).toBe(8080)
  })

  it.each([
    [{ BUS: 'rabbit' }, 'BUS is text of 6 characters that does not fit, expected embedded or kafka'],
    [{ HEALTH_PORT: '70000' }, 'HEALTH_PORT is a number that does not fit, expected a port from 0 to 65535'],
    [{ BUS: 'kafka' }, 'KAFKA_BROKERS is missing (BUS is kafka), expected comma-separated host:port'],
    [{ BUS: 'kafka', KAFKA_BROKERS: 'nohost' }, 'KAFKA_BROKERS is text'],
    [{ STORE: 'arango', ARANGO_URL: 'http://a:8529', ARANGO_DATABASE: 'stf', ARANGO_USER: 'stf' }, 'ARANGO_PASSWORD is missing'],
    [{ BUS: 'kafka', KAFKA_BROKERS: 'a:9092', KAFKA_SASL_USERNAME: 'loader-api' }, 'KAFKA_SASL_PASSWORD is missing (KAFKA_SASL_USERNAME is set)'],
    [{ KAFKA_TLS: 'yes' }, 'KAFKA_TLS is text of 3 characters that does not fit, expected true or false'],
    [{ TIMESERIES: 'influx', INFLUX_URL: 'http://influxdb:8086' }, 'INFLUX_TOKEN is missing (TIMESERIES is influx)'],
    [{ OBJECTS: 's3', S3_ENDPOINT: 'http://minio:9000', S3_ACCESS_KEY: 'stf' }, 'S3_SECRET_KEY is missing (OBJECTS is s3)'],
    [{ STORE: 'remote', STORE_URL: 'http://a:8087' }, 'STORE_TOKEN is missing (STORE is remote)'],
    [{ LOG_LEVEL: 'loud', SQLITE_SYNCHRONOUS: 'x' }, 'SQLITE_SYNCHRONOUS'],
  ])('names what is wrong and what is expected: %j', (env, expected) => expect(message(env)).toContain(expected))

  it('never shows a value', () => {
    expect(message({ LOG_LEVEL: 'hunter2-secret', ARANGO_URL: 'hunter2-secret' })).not.toContain('hunter2')
  })

  it('encrypts connections to Kafka, and signs in with the user given or with the one of the service', async () => {
    const kafka = { BUS: 'kafka', KAFKA_BROKERS: 'a:9092', KAFKA_TLS: 'true' }
    expect(busConfig(loadConfig({}, kafka), 'x')).toMatchObject({ tls: {} })
    const given = loadConfig({}, { ...kafka, KAFKA_TLS_CA_FILE: '/ca.pem', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' })
    expect(busConfig(given, 'x')).toEqual({
      kind: 'kafka', brokers: ['a:9092'], clientId: 'x', tls: { caFile: '/ca.pem' }, sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
    })
    const directory = await mkdtemp(join(tmpdir(), 'streamforge-users-'))
    await writeFile(join(directory, 'loader-api'), 'its own\n')
    const own = loadConfig({}, { ...kafka, KAFKA_SASL_PASSWORD_DIR: directory })
    expect(busConfig(own, 'loader-producer__a1b2c3', 'loader-api')).toMatchObject({ clientId: 'loader-producer__a1b2c3', sasl: { username: 'loader-api', password: 'its own' } })
    expect(() => busConfig(own, 'trainer')).toThrow("KAFKA_SASL_PASSWORD_DIR has no readable file 'trainer'")
    await rm(directory, { recursive: true })
  })

  it('becomes the configuration of the adapters', () => {
    const laptop = loadConfig({}, { DATA_DIR: '/data' })
    expect(busConfig(laptop, 'x')).toEqual({ kind: 'embedded', directory: '/data/bus', synchronous: 'NORMAL' })
    expect(storeConfig(laptop)).toEqual({ kind: 'embedded', file: '/data/store.db', synchronous: 'NORMAL' })
    expect(objectsConfig(laptop)).toEqual({ kind: 'embedded', directory: '/data/objects' })
    expect(seriesConfig(laptop)).toEqual({ kind: 'embedded', file: '/data/series.db', synchronous: 'NORMAL' })
    const cluster = loadConfig({}, {
      BUS: 'kafka', KAFKA_BROKERS: 'a:9092, b:9092', STORE: 'arango', ARANGO_URL: 'http://a:8529', ARANGO_DATABASE: 'stf',
      ARANGO_USER: 'u', ARANGO_PASSWORD: 'p', OBJECTS: 's3', S3_ENDPOINT: 'http://minio:9000', S3_ACCESS_KEY: 'k', S3_SECRET_KEY: 's',
      TIMESERIES: 'influx', INFLUX_URL: 'http://influxdb:8086', INFLUX_TOKEN: 't', INFLUX_BUCKET: 'b',
    })
    expect(seriesConfig(cluster)).toEqual({ kind: 'influx', url: 'http://influxdb:8086', token: 't', org: 'streamforge', bucket: 'b' })
    expect(objectsConfig(cluster)).toEqual({ kind: 's3', endpoint: 'http://minio:9000', bucket: 'streamforge', region: 'us-east-1', accessKey: 'k', secretKey: 's' })
    expect(busConfig(cluster, 'x')).toEqual({ kind: 'kafka', brokers: ['a:9092', 'b:9092'], clientId: 'x' })
    expect(storeConfig(cluster)).toEqual({ kind: 'arango', url: 'http://a:8529', database: 'stf', user: 'u', password: 'p' })
    const served = loadConfig({}, { STORE: 'remote', STORE_URL: 'http://store:8087', STORE_TOKEN: 'sixteen-or-more-characters' })
    expect(storeConfig(served)).toEqual({ kind: 'remote', url: 'http://store:8087', token: 'sixteen-or-more-characters' })
  })
})
