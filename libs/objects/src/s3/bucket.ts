import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { StreamForgeError } from '@streamforge/contracts'
import { Client } from 'minio'
import { retrying } from './retrying.ts'
import { s3Code } from './s3-errors.ts'
import { boundedTransport } from './transport.ts'

export interface S3ObjectsOptions {
  /** `http://host:9000` */
  endpoint: string
  /** Made when it does not exist. */
  bucket: string
  /** Default us-east-1, which servers that have no regions take. */
  region?: string
  accessKey: string
  secretKey: string
  /** Milliseconds since the epoch. */
  now?: () => number
  /** Uniform in [0, 1), for jitter. */
  random?: () => number
  /** Milliseconds after which opening fails when the server does not answer; default 10,000. */
  connectWithinMs?: number
  /** Milliseconds for which any other request is tried; default 30,000. */
  requestWithinMs?: number
  /** Content beyond so many bytes goes in parts of this size; at least S3's own least, 5 MiB; default 8 MiB. */
  partBytes?: number
  /** Names that a list asks for at once; default 1,000, S3's most. */
  pageSize?: number
}

/** A bucket of an S3 server. */
export interface Bucket {
  readonly name: string
  /** Tries a request until it succeeds; its errors come out as StreamForgeErrors. `number` counts from 0. */
  call<T>(doing: string, request: (client: Client, number: number) => Promise<T>): Promise<T>
  close(): void
}

/** @throws StreamForgeError STORE_UNAVAILABLE; BAD_CONFIG when the server does not take the keys, or the address is none */
export async function openBucket(options: S3ObjectsOptions): Promise<Bucket> {
  const { bucket: name, connectWithinMs = 10_000, requestWithinMs = 30_000, random = Math.random } = options
  checkBucketName(name)
  const agent = new (isSecure(options.endpoint) ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 32 })
  const client = connectClient(options, agent)
  const closing = new AbortController()
  const call = <T>(doing: string, withinMs: number, request: (client: Client, number: number) => Promise<T>) => {
    if (closing.signal.aborted) throw new StreamForgeError('STORE_UNAVAILABLE', 'the object store was used after close()', { remedy: 'open it again' })
    return retrying({ doing, withinMs, random, signal: closing.signal }, (number) => request(client, number))
  }
  const bucket: Bucket = {
    name,
    call: (doing, request) => call(doing, requestWithinMs, request),
    close: () => {
      closing.abort()
      agent.destroy()
    },
  }
  try {
    await call(`open bucket '${name}' at ${options.endpoint}`, connectWithinMs, () => ensureBucket(client, name))
    return bucket
  } catch (error) {
    bucket.close()
    throw error
  }
}

/** @throws StreamForgeError BAD_CONFIG */
function checkBucketName(name: string): void {
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..')) return
  throw new StreamForgeError('BAD_CONFIG', "the object store's bucket has no name that S3 takes", { remedy: 'give S3_BUCKET 3 to 63 of a-z, 0-9, - and inner dots' })
}

const isSecure = (endpoint: string) => endpoint.startsWith('https:')

function connectClient({ endpoint, region = 'us-east-1', accessKey, secretKey }: S3ObjectsOptions, agent: HttpAgent): Client {
  const url = URL.parse(endpoint)
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.username !== '') {
    throw new StreamForgeError('BAD_CONFIG', 'the address of the object store is not one of a server', { remedy: 'give S3_ENDPOINT as http://host:9000' })
  }
  return new Client({
    endPoint: url.hostname.replace(/^\[|\]$/g, ''), useSSL: isSecure(endpoint), ...(url.port !== '' && { port: Number(url.port) }),
    region, accessKey, secretKey, transport: boundedTransport(isSecure(endpoint)), transportAgent: agent, retryOptions: { disableRetry: true },
  })
}

async function ensureBucket(client: Client, name: string): Promise<void> {
  if (await client.bucketExists(name)) return
  await client.makeBucket(name).catch((error: unknown) => {
    // Another service made it at the same moment.
    if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists', 'OperationAborted'].includes(s3Code(error) ?? '')) throw error
  })
}
