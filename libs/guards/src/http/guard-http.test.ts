import { connect } from 'node:net'
import { once } from 'node:events'
import { toStreamForgeError } from '@streamforge/contracts'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { acceptJson } from './accept-json.ts'
import { guardHttp, type HttpRates } from './guard-http.ts'
import { ratesOf } from './rate-config.ts'
import { apiHeaders } from './security-headers.ts'
import { fastifyLimits, serverLimits, unreadableRequest } from './server-limits.ts'

const generous = { perMinute: 60_000, burst: 1_000 }
const rates: HttpRates = { reads: generous, changes: generous, address: generous }
const open: FastifyInstance[] = []
afterEach(async () => {
  for (const app of open.splice(0)) await app.close()
})

/** A server that knows its callers by a header, as authentication would. */
function served(given: Partial<HttpRates> = {}) {
  const clock = { at: 0 }
  const app = fastify()
  open.push(app)
  app.setErrorHandler((error, _request, reply) => reply.code(toStreamForgeError(error, 'BAD_REQUEST').status).send({ code: toStreamForgeError(error).code }))
  const callers = new Map<object, string>()
  const budgets = guardHttp(app, { now: () => clock.at, rates: { ...rates, ...given }, headers: apiHeaders, callerOf: (request) => callers.get(request) })
  app.addHook('onRequest', async (request) => {
    const { caller } = request.headers
    if (typeof caller === 'string') callers.set(request, caller)
  })
  acceptJson(app)
  app.get('/', async () => ({}))
  app.post('/', async ({ body }) => ({ body }))
  const ask = (options: { method?: 'GET' | 'POST'; url?: string; caller?: string; payload?: string; remoteAddress?: string } = {}) => app.inject({
    method: options.method ?? 'GET', url: options.url ?? '/', remoteAddress: options.remoteAddress ?? '192.0.2.1', ...(options.payload !== undefined && { payload: options.payload }),
    headers: { ...(options.caller !== undefined && { caller: options.caller }), ...(options.payload !== undefined && { 'content-type': 'application/json' }) },
  })
  return { app, budgets, clock, ask }
}

describe('rates', () => {
  it('are of callers, not of the address they share; 429 says when', async () => {
    const { ask, clock } = served({ reads: { perMinute: 30, burst: 2 } })
    for (let i = 0; i < 2; i++) expect((await ask({ caller: 'ann' })).statusCode).toBe(200)
    const refused = await ask({ caller: 'ann' })
    expect([refused.statusCode, refused.headers['retry-after'], refused.json()]).toEqual([429, '2', { code: 'TOO_MANY_REQUESTS' }])
    expect((await ask({ caller: 'bob' })).statusCode).toBe(200)
    clock.at += 2_000
    expect((await ask({ caller: 'ann' })).statusCode).toBe(200)
  })

  it('of changes and reads are apart', async () => {
    const { ask } = served({ changes: { perMinute: 60, burst: 1 } })
    expect((await ask({ method: 'POST', payload: '{}' })).statusCode).toBe(200)
    expect((await ask({ method: 'POST', payload: '{}' })).statusCode).toBe(429)
    expect((await ask()).statusCode).toBe(200)
  })

  it('of an address hold whoever asks from there', async () => {
    const { ask } = served({ address: { perMinute: 60, burst: 2 } })
    expect([(await ask({ caller: 'ann' })).statusCode, (await ask({ caller: 'bob' })).statusCode, (await ask({ caller: 'eve' })).statusCode]).toEqual([200, 200, 429])
    expect((await ask({ caller: 'eve', remoteAddress: '192.0.2.2' })).statusCode).toBe(200)
  })

  it('tell how much of them is used by whoever asks most, and there is nothing to tell without them', async () => {
    const { ask, budgets } = served({ reads: { perMinute: 60, burst: 4 }, changes: { perMinute: 60, burst: 2 }, address: { perMinute: 60, burst: 10 } })
    for (const caller of ['ann', 'ann', 'ann', 'bob']) await ask({ caller })
    await ask({ method: 'POST', payload: '{}', caller: 'bob' })
    expect(Object.fromEntries(budgets())).toEqual({ reads: 0.75, changes: 0.5, address: 0.5 })
    expect(guardHttp(fastify(), { now: Date.now, headers: {} })()).toEqual([])
  })

  it('come from the environment, and can be done without', () => {
    expect(ratesOf({ RATE_LIMIT_READS: 0, RATE_LIMIT_CHANGES: 5 })).toBeUndefined()
    expect(ratesOf({ RATE_LIMIT_READS: 600, RATE_LIMIT_CHANGES: 60 })).toMatchObject({ reads: { perMinute: 600, burst: 200 }, changes: { perMinute: 60, burst: 20 }, address: { perMinute: 1_320 } })
  })
})

describe('bodies', () => {
  it.each([
    ['nested 33 deep', '['.repeat(33) + ']'.repeat(33), 400], ['nested 32 deep', '['.repeat(32) + ']'.repeat(32), 200], ['with __proto__', '{"__proto__":{"a":1}}', 400], ['empty', '', 200],
  ])('%s', async (_what, payload, status) => expect((await served().ask({ method: 'POST', payload })).statusCode).toBe(status))
})

describe('connections', () => {
  async function speak(text: string, limits = serverLimits) {
    const app = fastify({ ...fastifyLimits(limits), clientErrorHandler: (error, socket) => void socket.end(`HTTP/1.1 ${unreadableRequest(error).status} x\r\nconnection: close\r\n\r\n`) })
    open.push(app)
    app.get('/', async () => ({}))
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as { port: number }).port, '127.0.0.1')
    socket.write(text)
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    await once(socket, 'close')
    return Buffer.concat(chunks).toString().split('\r\n', 1)[0]
  }

  it('that send too long a line or headers are ended with 431', async () => {
    expect(await speak(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`)).toContain('431')
    expect(await speak(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)).toContain('431')
  })

  it('that never finish their headers are ended with 408', async () => {
    expect(await speak('GET / HTTP/1.1\r\nhost: a\r\nx: ', { ...serverLimits, headersTimeout: 30, requestTimeout: 30, connectionsCheckingInterval: 10 })).toContain('408')
  })
})
