import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { InfluxDB, setLogger } from '@influxdata/influxdb-client'
import { defaultSeriesBucket, StreamForgeError } from '@streamforge/contracts'
import { fromInflux } from './errors.ts'

export interface InfluxSeriesOptions {
  /** `http://host:8086` */
  url: string
  token: string
  /** Organisation's name; default `streamforge`. */
  org?: string
  /** Made when it does not exist and the token may; default `streamforge`. */
  bucket?: string
  /** How long a request may take, in milliseconds; default 30 000. */
  requestTimeoutMs?: number
  /** Of one measurement, as one process sees it; default 100 000. */
  mostSeries?: number
}

/** What the adapter's functions share. */
export interface Connection {
  readonly client: InfluxDB
  readonly org: string
  readonly bucket: string
  /** Runs a call of the driver; its errors come out as StreamForgeError. */
  call<T>(work: () => Promise<T>): Promise<T>
  /** A JSON request to the server's own API; the body of the answer. */
  request<T>(method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<T>
  close(): void
}

// The driver would print what it also throws.
setLogger({ error: () => undefined, warn: () => undefined })

/** Connects and makes sure of the bucket. @throws StreamForgeError STORE_UNAVAILABLE, BAD_CONFIG */
export async function connect(options: InfluxSeriesOptions): Promise<Connection> {
  const { token, org = 'streamforge', bucket = defaultSeriesBucket, requestTimeoutMs = 30_000 } = options
  const url = addressOf(options.url)
  const agent = url.startsWith('https:') ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const client = new InfluxDB({ url, token, timeout: requestTimeoutMs, transportOptions: { agent } })
  let closed = false
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) throw new StreamForgeError('STORE_UNAVAILABLE', 'the time series were used after close()', { remedy: 'open them again' })
    try {
      return await work()
    } catch (error) {
      throw fromInflux(error, url)
    }
  }
  const connection: Connection = {
    client, org, bucket, call,
    request: <T>(method: string, path: string, body?: unknown) => call(async () => {
      const response = await fetch(`${url}${path}`, {
        method, signal: AbortSignal.timeout(requestTimeoutMs),
        headers: { authorization: `Token ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (!response.ok) throw Object.assign(new Error(text.slice(0, 500) || response.statusText), { statusCode: response.status })
      return JSON.parse(text) as T
    }),
    close: () => {
      closed = true
      agent.destroy()
    },
  }
  try {
    await ensureBucket(connection)
  } catch (error) {
    agent.destroy()
    throw error
  }
  return connection
}

interface Buckets {
  buckets?: { id: string; retentionRules?: { everySeconds?: number }[] }[]
}

const named = ({ org, bucket }: Connection) => `/api/v2/buckets?${new URLSearchParams({ org, name: bucket }).toString()}`

async function ensureBucket(connection: Connection): Promise<void> {
  const { org, bucket } = connection
  if (await findBucket(connection)) return
  const orgID = await findOrganisation(connection)
  if (orgID === undefined) throw new StreamForgeError('BAD_CONFIG', `InfluxDB has no organisation '${org}' that the token may see`, { remedy: 'set INFLUX_ORG' })
  try {
    await connection.request('POST', '/api/v2/buckets', { orgID, name: bucket, retentionRules: [] })
  } catch (error) {
    // Another service made it at the same moment.
    if (!await findBucket(connection)) throw error
  }
}

async function findBucket(connection: Connection) {
  return (await orIfMissing(connection.request<Buckets>('GET', named(connection)), { buckets: [] })).buckets?.[0]
}

async function findOrganisation({ org, request }: Connection): Promise<string | undefined> {
  const path = `/api/v2/orgs?${new URLSearchParams({ org }).toString()}`
  const { orgs = [] } = await orIfMissing(request<{ orgs?: { id: string; name: string }[] }>('GET', path), { orgs: [] })
  return orgs.find(({ name }) => name === org)?.id
}

/** InfluxDB answers 404 where a list has nothing of the name. */
async function orIfMissing<T>(request: Promise<T>, missing: T): Promise<T> {
  try {
    return await request
  } catch (error) {
    if (error instanceof StreamForgeError && error.details.status === 404) return missing
    throw error
  }
}

const hour = 3_600
const day = 24 * hour

/** Of the files that InfluxDB deletes whole: it demands shorter ones for a shorter retention. These are its own defaults. */
const shardSeconds = (retention: number) => (retention === 0 || retention >= 182 * day ? 7 * day : retention >= 2 * day ? day : hour)

/** @param seconds 0: for ever */
export async function setRetention(connection: Connection, seconds: number): Promise<void> {
  const bucket = await findBucket(connection)
  if (!bucket) throw new StreamForgeError('STORE_UNAVAILABLE', `InfluxDB has no bucket '${connection.bucket}'`, { remedy: 'restart the service: it makes the bucket' })
  if ((bucket.retentionRules?.[0]?.everySeconds ?? 0) === seconds) return
  const rule = { type: 'expire', everySeconds: seconds, shardGroupDurationSeconds: shardSeconds(seconds) }
  await connection.request('PATCH', `/api/v2/buckets/${bucket.id}`, { retentionRules: [rule] })
}

function addressOf(text: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new StreamForgeError('BAD_CONFIG', 'the address of InfluxDB is not an http or https address', { remedy: 'give INFLUX_URL as http://host:8086' })
  }
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`
}
