import { localOperator } from '@streamforge/access'
import { Problem, StreamForgeError, type Caller } from '@streamforge/contracts'
import { createLogger } from '@streamforge/service'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestPlatform, type TestPlatform } from '../../orchestrator/test-platform.ts'
import { openTestAccess, type TestAccess } from '../access-fixture.ts'
import { createServer, type ServerOptions } from '../server.ts'

const envSecret = 'store-token-9f8e7d6c5b4a'
const foreign = 'https://elsewhere.example'
let platform: TestPlatform
let access: TestAccess
let options: ServerOptions
let app: FastifyInstance
const lines: string[] = []
const open: FastifyInstance[] = []

/** The server over the same platform, with other options. */
async function serve(more: Partial<ServerOptions> = {}): Promise<FastifyInstance> {
  const server = await createServer({ ...options, ...more })
  open.push(server)
  return server
}

beforeAll(async () => {
  platform = await openTestPlatform()
  access = await openTestAccess(platform.store)
  options = {
    orchestrator: await platform.start(), store: platform.store, bus: platform.bus, models: platform.models, metrics: platform.registry, access: access.access, audit: access.audit,
    log: createLogger({ service: 'queue-manager', level: 'trace', stream: { write: (line: string) => void lines.push(line) }, env: { STORE_TOKEN: envSecret } }), version: '1.0.0', conditions: async () => ({}),
  }
  app = await serve()
})
afterAll(async () => {
  for (const server of open) await server.close()
  await access.close()
  await platform.close()
})

const asAdmin = (request: InjectOptions) => ({ ...request, headers: { host: 'localhost', ...access.asAdmin, ...request.headers } })

describe('ASVS 2.4.1: automation', () => {
  const generous = { perMinute: 60_000, burst: 1_000 }
  const rare = { perMinute: 6, burst: 2 }

  it('a caller that goes on too fast is told when to come back, as a problem', async () => {
    const limited = await serve({ rates: { reads: rare, changes: generous, address: generous }, now: () => 1_790_000_000_000 })
    const ask = () => limited.inject(asAdmin({ url: '/workflows' }))
    expect([(await ask()).statusCode, (await ask()).statusCode]).toEqual([200, 200])
    const refused = await ask()
    expect([refused.statusCode, refused.headers['retry-after'], refused.headers['content-type']]).toEqual([429, '10', 'application/problem+json; charset=utf-8'])
    expect(Problem.parse(refused.json())).toMatchObject({ code: 'TOO_MANY_REQUESTS', remedy: 'try again in 10 s' })
    expect(await platform.registry.getSingleMetricAsString('streamforge_http_refusals_total')).toContain('{reason="reads"} 1')
    // Another caller of the same address goes on.
    const { token } = await access.access.tokens.create({ name: 'another', role: 'viewer', expires_in_days: 1 }, localOperator)
    expect((await limited.inject({ url: '/workflows', headers: { host: 'localhost', authorization: `Bearer ${token}` } })).statusCode).toBe(200)
  })

  it('workflows cannot be planned without end, and what is refused plans none', async () => {
    const limited = await serve({ rates: { reads: generous, changes: rare, address: generous }, now: () => 1_790_000_000_000 })
    const before = await platform.store.count('workflows')
    const plan = () => limited.inject(asAdmin({ method: 'POST', url: '/workflows', payload: { symbols: ['BTCUSDT'], types: ['api_candles_1d'], time_range: '2022-08-01:2022-08-03' } }))
    expect([(await plan()).statusCode, (await plan()).statusCode, (await plan()).statusCode]).toEqual([201, 201, 429])
    expect(await platform.store.count('workflows')).toBe(before + 2)
  })

  it('what puts a workflow in progress is asked for in the name of who asks, and more than the quota is a problem', async () => {
    const by: (string | undefined)[] = []
    const refuse = (caller: Caller | undefined) => {
      by.push(caller?.id)
      return Promise.reject(new StreamForgeError('QUOTA_EXCEEDED', 'they have 3 workflows in progress and may have 3', { remedy: 'stop one' }))
    }
    const { records, ...actions } = options.orchestrator
    const full = await serve({ orchestrator: { ...actions, records, create: (_request, caller) => refuse(caller), retry: (_id, caller) => refuse(caller), replay: (_id, caller) => refuse(caller) } })
    const payload = { symbols: ['BTCUSDT'], types: ['api_candles_1d'], time_range: '2022-08-01:2022-08-03' }
    for (const url of ['/workflows', '/workflows/wf-a1b2c3/retry', '/workflows/wf-a1b2c3/replay']) {
      const { statusCode, body } = await full.inject(asAdmin({ method: 'POST', url, ...(url === '/workflows' && { payload }) }))
      expect([statusCode, Problem.parse(JSON.parse(body))]).toEqual([409, expect.objectContaining({ code: 'QUOTA_EXCEEDED', remedy: 'stop one' })])
      expect(access.logged.at(-1)).toMatchObject({ outcome: 'refused', status: 409 })
    }
    expect(by).toEqual(['local', 'local', 'local'])
  })

  it('guessing tokens is as slow as everything else of an address', async () => {
    const limited = await serve({ rates: { reads: generous, changes: generous, address: rare }, now: () => 1_790_000_000_000 })
    const guess = () => limited.inject({ url: '/workflows', headers: { host: 'localhost', authorization: 'Bearer stf_guess' } })
    expect([(await guess()).statusCode, (await guess()).statusCode, (await guess()).statusCode]).toEqual([401, 401, 429])
  })
})

describe('ASVS 3.4.2: CORS', () => {
  it.each(['/workflows', '/openapi.json', '/docs', '/healthz', '/nothing'])('%s is read by no page of another origin', async (url) => {
    for (const method of ['GET', 'OPTIONS', 'POST'] as const) {
      const { headers, statusCode } = await app.inject(asAdmin({ method, url, headers: { origin: foreign, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' } }))
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-')), method).toEqual([])
      if (method === 'OPTIONS') expect(statusCode).toBeGreaterThanOrEqual(400)
    }
  })
})

describe('ASVS 3.4: headers for browsers', () => {
  const expected = {
    '3.4.1 strict-transport-security': 'max-age=31536000', '3.4.3 content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    '3.4.4 x-content-type-options': 'nosniff', '3.4.5 referrer-policy': 'no-referrer', '3.4.8 cross-origin-opener-policy': 'same-origin',
  }
  it.each(Object.entries(expected))('ASVS %s: on answers, refusals and errors', async (name, value) => {
    const header = name.split(' ')[1]!
    for (const url of ['/workflows', '/nothing', '/workflows?limit=x', '/workflows/%']) expect((await app.inject(asAdmin({ url }))).headers[header], url).toBe(value)
    expect((await app.inject({ url: '/workflows', headers: { host: foreign } })).headers[header]).toBe(value)
  })

  it('ASVS 3.4.3, 3.4.6: the page of the API runs nothing inline, and nobody frames it', async () => {
    const { headers, statusCode } = await app.inject({ url: '/docs/', headers: { host: 'localhost' } })
    expect(statusCode).toBe(200)
    const policy = String(headers['content-security-policy'])
    expect(policy).toMatch(/script-src 'self'/)
    expect(/script-src[^;]*unsafe/.test(policy)).toBe(false)
    expect(headers['x-frame-options']).toBe('DENY')
  })
})

describe('ASVS 16.5.1: errors say nothing of the inside', () => {
  it('a defect is a problem without message, stack, path or address; the log has them', async () => {
    const failing = await serve({ models: { alias: () => Promise.reject(new Error('never')), setAlias: () => Promise.reject(new Error('connect ECONNREFUSED 10.1.2.3:8529 at /srv/streamforge/registry.ts')) } })
    lines.length = 0
    const { statusCode, body } = await failing.inject(asAdmin({ method: 'POST', url: '/models/gnn-5m/promote', payload: { version: 1, reason: 'because' } }))
    expect(statusCode).toBe(500)
    expect(Object.keys(Problem.parse(JSON.parse(body))).toSorted()).toEqual(['code', 'detail', 'instance', 'status', 'title', 'type'])
    for (const inside of ['10.1.2.3', 'ECONNREFUSED', '/srv/', 'registry.ts', 'at ', 'Error:']) expect(body).not.toContain(inside)
    expect(lines.join('')).toContain('10.1.2.3:8529')
  })
})

describe('ASVS 16.2.5: secrets of requests', () => {
  const secrets = ['stf_ThisTokenIsNobodys0123456789abcdefghijklmn', 'hunter22password', envSecret]

  it('come back in no answer, no line of the log, no entry of the audit log and no stored document', async () => {
    lines.length = 0
    const failing = await serve({ models: { alias: () => Promise.reject(new Error('never')), setAlias: () => Promise.reject(new Error(`login with ${envSecret} at postgresql://me:hunter22password@db:5432/x failed`)) } })
    const answers = [
      await failing.inject({ url: '/workflows', headers: { host: 'localhost', authorization: `Bearer ${secrets[0]}` } }),
      await failing.inject({ url: '/workflows', headers: { host: 'localhost', cookie: `session=${secrets[1]}`, authorization: `Basic ${btoa(`me:${secrets[1]}`)}` } }),
      await failing.inject(asAdmin({ method: 'POST', url: '/models/gnn-5m/promote', payload: { version: 1, reason: 'because' } })),
      await failing.inject(asAdmin({ method: 'POST', url: '/workflows', payload: { symbols: ['BTCUSDT'], types: ['api_trades'], time_range: '2022-08-01:2022-08-02', password: secrets[1] } })),
      await failing.inject({ method: 'DELETE', url: '/tokens/tok-0123456789ab', headers: { host: 'localhost', authorization: `Bearer ${secrets[0]}` } }),
    ]
    expect(answers.map((answer) => answer.statusCode)).toEqual([401, 401, 500, 422, 401])
    const stored = (await Promise.all(['audit', 'workflows', 'queues', 'api_tokens'].map((name) => platform.store.find(name, {}).catch(() => [])))).flat()
    expect(stored.length).toBeGreaterThan(0)
    const seen = JSON.stringify([answers.map(({ body, headers }) => [body, headers]), lines, access.logged, stored])
    for (const secret of [...secrets, btoa(`me:${secrets[1]}`), access.asAdmin.authorization.slice('Bearer '.length)]) expect(seen).not.toContain(secret)
    expect(lines.join('')).toContain('[hidden]')
  })
})
