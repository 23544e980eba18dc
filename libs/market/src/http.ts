import { StreamForgeError } from '@streamforge/contracts'
import { Pool, type Dispatcher } from 'undici'
import { decide, decideOnContent, type Decision, type DecideOptions, type HttpOutcome } from './http-outcome.ts'
import type { VenueLog } from './venue.ts'
import type { WeightBudget } from './weight-budget.ts'

export interface VenueHttpOptions {
  venue: string
  /** Origin, and a path prefix if there is one. */
  baseUrl: string
  budget: WeightBudget
  signal?: AbortSignal | undefined
  now: () => number
  random: () => number
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  log?: VenueLog | undefined
  concurrency: number
  maxAttempts: number
  timeoutMs: number
  /** Reads the venue's error body. */
  explain?: (status: number, body: string) => StreamForgeError | undefined
  /** Name of the header that carries the weight used in the current window. */
  usedWeightHeader?: string
}

export interface VenueHttp {
  /** Asks until `parse` accepts the answer. Throw VENUE_BAD_RESPONSE in `parse` to have it asked for again. */
  getJson<T>(path: string, weight: number, parse: (json: unknown) => T): Promise<T>
  /** The answer's text, or undefined when there is no such thing (404); only without `explain`. */
  getText(path: string): Promise<string | undefined>
  /** Streams a file into `consume`, from the start again at every try. Resolves false on 404. */
  download(path: string, consume: (chunks: AsyncIterable<Uint8Array>) => Promise<void>): Promise<boolean>
  close(): Promise<void>
}

type Reader<T> = (response: Dispatcher.ResponseData) => Promise<{ body: string; value?: T }>

/** HTTP to one venue: keep-alive connections, the weight budget, and retries as {@link decide} has it. */
export function venueHttp(options: VenueHttpOptions): VenueHttp {
  const url = new URL(options.baseUrl)
  const prefix = url.pathname.replace(/\/$/, '')
  const pool = new Pool(url.origin, {
    connections: options.concurrency, headersTimeout: options.timeoutMs, bodyTimeout: options.timeoutMs,
    connect: { timeout: options.timeoutMs }, keepAliveTimeout: 30_000,
  })

  async function once<T>(path: string, weight: number, read: Reader<T>): Promise<{ outcome: HttpOutcome; value?: T }> {
    const lease = await options.budget.acquire(weight, options.signal)
    let used: number | undefined
    try {
      const response = await pool.request({ method: 'GET', path: prefix + path, signal: options.signal ?? null, headers: { 'user-agent': 'streamforge' } })
      used = weightUsed(response, options.usedWeightHeader)
      const good = response.statusCode >= 200 && response.statusCode < 300
      const { body, value } = good ? await read(response) : { body: await response.body.text(), value: undefined }
      const outcome = { kind: 'answer', status: response.statusCode, retryAfter: header(response, 'retry-after'), body } as const
      return value === undefined ? { outcome } : { outcome, value }
    } catch (error) {
      options.signal?.throwIfAborted()
      if (pool.destroyed) throw error
      return { outcome: { kind: 'failure', error } }
    } finally {
      lease.settle(used)
    }
  }

  async function ask<T, R>(path: string, weight: number, read: Reader<T>, accept: (body: string, value: T | undefined) => R): Promise<R | undefined> {
    let attempt = 1
    let rateLimited = 0
    for (;;) {
      const { outcome, value } = await once(path, weight, read)
      const context: DecideOptions = { ...options, path, attempt, rateLimited }
      let decision = decide(outcome, context)
      if (decision.kind === 'absent') return undefined
      if (decision.kind === 'accept') {
        try {
          return accept((outcome as { body: string }).body, value)
        } catch (error) {
          decision = decideOnContent(error, context)
        }
      }
      if (decision.kind === 'fail') throw decision.error
      await obey(decision, path)
      if ((decision as { counts?: boolean }).counts) attempt++
      else rateLimited++
    }
  }

  async function obey(decision: Decision, path: string): Promise<void> {
    if (decision.kind !== 'wait') return
    options.log?.warn({ venue: options.venue, path, wait_ms: decision.ms, reason: decision.why }, 'venue request is tried again')
    // A shared pause is waited out inside acquire(), by this request and all others.
    if (decision.everyone) options.budget.pauseUntil(options.now() + decision.ms)
    else await options.sleep(decision.ms, options.signal)
  }

  const readText: Reader<never> = async (response) => ({ body: await response.body.text() })

  return {
    async getJson(path, weight, parse) {
      const found = await ask(path, weight, readText, (body) => ({ value: parse(JSON.parse(body)) }))
      if (!found) throw new StreamForgeError('VENUE_REJECTED', `${options.venue} has no ${path}`)
      return found.value
    },
    getText: (path) => ask(path, 0, readText, (body) => body),
    async download(path, consume) {
      const done = await ask(path, 0, async (response) => {
        await consume(response.body)
        return { body: '' }
      }, () => true)
      return done === true
    },
    close: () => pool.destroy(),
  }
}

const header = (response: Dispatcher.ResponseData, name: string): string | undefined => {
  const value = response.headers[name]
  return Array.isArray(value) ? value[0] : value
}

function weightUsed(response: Dispatcher.ResponseData, name: string | undefined): number | undefined {
  const text = name === undefined ? undefined : header(response, name)
  return text === undefined || !Number.isFinite(Number(text)) ? undefined : Number(text)
}
