import { StreamForgeError } from '@streamforge/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { requestRates, type Rate } from './request-rates.ts'

/** How often one may ask. */
export interface HttpRates {
  /** Of one caller: GET and HEAD. */
  reads: Rate
  /** Of one caller: everything else. */
  changes: Rate
  /** Of one address, whoever asks from there and whether known or not. */
  address: Rate
}

export interface HttpGuards {
  now: () => number
  /** Undefined: no limits, as in tests of other things. */
  rates?: HttpRates | undefined
  /** On every answer, unless the route has its own. */
  headers: Readonly<Record<string, string>>
  /** Who asks, known after the hooks `onRequest`; undefined: told by the address. */
  callerOf?: (request: FastifyRequest) => string | undefined
}

/** How much of each budget its busiest caller or address has used up, 0 to 1. */
export type HttpBudgets = () => readonly (readonly [keyof HttpRates, number])[]

/**
 * What stands before every route of a server: security headers, and rates a caller and an address. No answer ever carries a CORS header, so
 * that pages of other origins can read none. Must be called before authentication is added; its own part that needs the caller runs after.
 * Failed tokens count as other requests of their address do, and lock nobody out: behind one address are many callers, and 256 random bits are not guessed.
 */
export function guardHttp(app: FastifyInstance, { now, rates, headers, callerOf }: HttpGuards): HttpBudgets {
  app.addHook('onRequest', async (_request, reply) => void reply.headers(headers))
  if (!rates) return () => []
  const reads = requestRates(rates.reads, now)
  const changes = requestRates(rates.changes, now)
  const addresses = requestRates(rates.address, now)
  app.addHook('onRequest', async (request, reply) => {
    refuse(reply, addresses(request.ip), 'address', 'too many requests from this address')
  })
  // After everyone's onRequest, where callers become known, and before a body is read.
  app.addHook('preParsing', async (request, reply) => {
    const caller = callerOf?.(request) ?? request.ip
    const budget = request.method === 'GET' || request.method === 'HEAD' ? 'reads' : 'changes'
    refuse(reply, { reads, changes }[budget](caller), budget, 'too many requests of this caller')
  })
  return () => [['reads', reads.used()], ['changes', changes.used()], ['address', addresses.used()]]
}

/** @throws StreamForgeError TOO_MANY_REQUESTS */
function refuse(reply: FastifyReply, waitMs: number | undefined, budget: keyof HttpRates, why: string): void {
  if (waitMs === undefined) return
  const seconds = Math.ceil(waitMs / 1_000)
  void reply.header('retry-after', String(seconds))
  throw new StreamForgeError('TOO_MANY_REQUESTS', why, { remedy: `try again in ${seconds} s`, details: { retry_after_s: seconds, budget } })
}
