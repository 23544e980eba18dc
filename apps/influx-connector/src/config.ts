import { join } from 'node:path'
import { StreamForgeError } from '@streamforge/contracts'
import type { BaseConfig } from '@streamforge/service'
import type { TimeSeriesConfig } from '@streamforge/timeseries'
import { z } from 'zod'

/** The connector's own part of its environment; docs/ARCHITECTURE.md has what every service reads. */
const shape = {
  TIMESERIES: z.enum(['embedded', 'influx']).default('embedded').describe('embedded or influx'),
  INFLUX_URL: z.url({ protocol: /^https?$/ }).optional().describe('an http or https address, such as http://influxdb:8086'),
  INFLUX_TOKEN: z.string().min(1).optional().describe('a token that may read and write the bucket'),
  INFLUX_ORG: z.string().min(1).default('streamforge').describe('the name of an organisation'),
  INFLUX_BUCKET: z.string().min(1).default('streamforge').describe('the name of a bucket; made where it is missing and the token may'),
  SERIES_RETENTION_DAYS: z.coerce.number().min(0).max(36_500).default(0).describe('from 0 to 36500 days that points are kept; 0: for ever'),
  SERIES_POLL_MS: z.coerce.number().int().min(20).max(600_000).default(2_000).describe('from 20 to 600000 milliseconds between looks at which queues there are'),
}
export const Config = z.object(shape)
export type Config = z.infer<typeof Config>

/** @throws StreamForgeError BAD_CONFIG */
export function seriesConfig(config: BaseConfig & Config): TimeSeriesConfig {
  if (config.TIMESERIES === 'embedded') return { kind: 'embedded', file: join(config.DATA_DIR, 'series.db'), synchronous: config.SQLITE_SYNCHRONOUS }
  const { INFLUX_URL: url, INFLUX_TOKEN: token } = config
  if (url === undefined || token === undefined) {
    throw new StreamForgeError('BAD_CONFIG', `${url === undefined ? 'INFLUX_URL' : 'INFLUX_TOKEN'} is missing (TIMESERIES is influx), expected ${
      shape[url === undefined ? 'INFLUX_URL' : 'INFLUX_TOKEN'].description}`, { remedy: 'docs/TIMESERIES.md says how InfluxDB is reached' })
  }
  return { kind: 'influx', url, token, org: config.INFLUX_ORG, bucket: config.INFLUX_BUCKET }
}

const day = 86_400_000

/** Milliseconds; undefined: for ever. */
export const retentionOf = ({ SERIES_RETENTION_DAYS: days }: Config) => (days === 0 ? undefined : days * day)
