import { randomBytes } from 'node:crypto'
import { sha256, tokenText } from '@streamforge/access'
import { apiOperations, AuditPage, Caller, CreatedApiToken, openApiDocument, Problem, roleAllows, roles, type ApiOperation, type Role } from '@streamforge/contracts'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestPlatform, type TestPlatform } from '../orchestrator/test-platform.ts'
import { openTestAccess, type TestAccess } from './access-fixture.ts'
import { createServer } from './server.ts'

const body = { symbols: ['BTCUSDT'], types: ['api_candles_5m'], time_range: '2022-08-01:2022-08-02' }
const operations = Object.entries<ApiOperation>(apiOperations)
const ownersToken = tokenText(randomBytes(32))
let platform: TestPlatform
let serve: (access: TestAccess) => Promise<FastifyInstance>
/** Where nobody signs in, and where everybody must. */
let local: TestAccess
let guarded: TestAccess
let localApp: FastifyInstance
let app: FastifyInstance
const tokens = {} as Record<Role, string>
beforeAll(async () => {
  platform = await openTestPlatform()
  const orchestrator = await platform.start({ instruments: { clockLead: async () => undefined, symbols: async () => new Set(['BTCUSDT']) }, maxActiveQueues: 1 })
  serve = ({ access, audit }) => createServer({ orchestrator, store: platform.store, bus: platform.bus, models: platform.models, metrics: platform.registry, access, audit, log: pino({ level: 'silent' }), version: '1', conditions: async () => ({}) })
  local = await openTestAccess(platform.store)
  guarded = await openTestAccess(platform.store, { API_TOKEN_SHA256: sha256(ownersToken) }, { host: '0.0.0.0' })
  localApp = await serve(local)
  app = await serve(guarded)
  for (const role of roles) tokens[role] = (await guarded.access.tokens.create({ name: role, role, expires_in_days: 1 }, { kind: 'deployment', id: 'deployment', name: 'deployment', role: 'admin' })).token
})
afterAll(async () => {
  await localApp.close()
  await app.close()
  await local.close()
  await guarded.close()
  await platform.close()
})

/** So wrong that whoever is let through gets no further than to a refusal for another reason, and never to a stream without an end. */
const request = ([, { method, path }]: (typeof operations)[number]): InjectOptions => ({ method: method.toUpperCase() as 'GET', url: path.replaceAll(/\{\w+\}/g, 'none'), ...(method !== 'get' && { payload: {} }) })
const as = (token: string | undefined) => (token === undefined ? {} : { authorization: `Bearer ${token}` })
const ask = (options: InjectOptions, token?: string) => app.inject({ ...options, headers: { ...options.headers, ...as(token) } })
const entries = async (query = '') => AuditPage.parse((await ask({ url: `/audit?limit=500${query}` }, ownersToken)).json()).entries

describe('every operation', () => {
  it.each(operations)('ASVS 8.2.1: %s is refused without a token, unless it is public', async (...operation) => {
    const answer = await ask(request(operation))
    if (operation[1].needs === 'public') return expect(answer.statusCode).toBe(200)
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    return expect(Problem.parse(answer.json()).code).toBe('NOT_AUTHENTICATED')
  })

  it.each(operations)('ASVS 8.3.1: %s is for the role that it names, and those above', async (...operation) => {
    for (const role of roles) {
      const { statusCode } = await ask(request(operation), tokens[role])
      expect(statusCode === 403, `${role}: ${statusCode}`).toBe(!roleAllows(role, operation[1].needs))
      expect(statusCode, role).not.toBe(401)
    }
  })

  it('says in the document which role it needs', () => {
    const { paths } = openApiDocument('1') as unknown as { paths: Record<string, Record<string, { 'x-needs-role': string; security: unknown[]; responses: object }>> }
    for (const [, { method, path, needs }] of operations) {
      const described = paths[path]![method]!
      expect(described['x-needs-role']).toBe(needs)
      expect(Object.keys(described.responses).includes('401'), path).toBe(needs !== 'public')
    }
  })

  it('ASVS 8.1.1: that names no role is not served at all', async () => {
    const other = await serve(local)
    expect(() => other.get('/forgotten', async () => 'all of it')).toThrow('does not say which role it needs')
    await other.close()
  })
})

describe('on this machine, where nobody signs in', () => {
  it('everything but tokens and the audit log may be done without a token', async () => {
    expect((await localApp.inject({ method: 'POST', url: '/workflows', payload: body })).statusCode).toBe(201)
    expect(Caller.parse((await localApp.inject('/caller')).json())).toMatchObject({ kind: 'local', role: 'operator' })
    for (const url of ['/tokens', '/audit']) {
      expect((await localApp.inject(url)).statusCode, url).toBe(403)
      expect((await localApp.inject({ url, headers: local.asAdmin })).statusCode, url).toBe(200)
    }
  })

  it.each([
    ['a page of another site', { origin: 'https://evil.example' }], ['a form of another site', { 'sec-fetch-site': 'cross-site' }], ['a name that merely resolves here', { host: 'evil.example' }],
  ])('ASVS 3.5.1: %s starts nothing', async (_what, headers) => {
    const before = await platform.store.count('workflows')
    expect((await localApp.inject({ method: 'POST', url: '/workflows', payload: body, headers })).statusCode).toBe(403)
    expect(await platform.store.count('workflows')).toBe(before)
  })

  it('ASVS 3.5.2: what a page may send without asking first starts nothing', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      expect((await localApp.inject({ method: 'POST', url: '/workflows', payload: JSON.stringify(body), headers: { 'content-type': type } })).statusCode).toBe(415)
    }
  })

  it('a name that merely resolves here reads nothing', async () => {
    for (const url of ['/workflows', '/metrics', '/openapi.json', '/docs', '/nothing']) expect((await localApp.inject({ url, headers: { host: 'evil.example' } })).statusCode, url).toBe(403)
  })
})

describe('tokens of programs', () => {
  it('are made, used, listed and revoked', async () => {
    const made = CreatedApiToken.parse((await ask({ method: 'POST', url: '/tokens', payload: { name: 'nightly', role: 'operator' } }, ownersToken)).json())
    expect(Caller.parse((await ask({ url: '/caller' }, made.token)).json())).toEqual({ kind: 'token', id: made.token_id, name: 'nightly', role: 'operator' })
    const { token, ...facts } = made
    const list = await ask({ url: '/tokens' }, ownersToken)
    expect(list.body).not.toContain(token)
    expect((list.json() as { tokens: object[] }).tokens).toContainEqual({ ...facts, last_used_at: expect.any(Number) })
    expect((await ask({ method: 'DELETE', url: `/tokens/${made.token_id}` }, ownersToken)).json()).toMatchObject({ revoked_at: expect.any(Number) })
    expect((await ask({ url: '/caller' }, token)).statusCode).toBe(401)
  })

  it('ASVS 14.2.1: are not taken from the address', async () => {
    expect((await ask({ url: `/workflows?access_token=${tokens.admin}` })).statusCode).toBe(401)
  })
})

describe('the audit log', () => {
  it('ASVS 16.2.1: has every change, with who, what, about what, when, from where and what came of it', async () => {
    const created = await ask({ method: 'POST', url: '/workflows', payload: body }, tokens.operator)
    const { workflow_id: id } = created.json() as { workflow_id: string }
    const stopped = await ask({ method: 'POST', url: `/workflows/${id}/stop` }, tokens.operator)
    const [stop, create] = await entries()
    expect(create).toMatchObject({ action: 'createWorkflow', target: id, outcome: 'done', status: 201, caller: { kind: 'token', name: 'operator', role: 'operator' }, address: '127.0.0.1', service: 'queue-manager' })
    expect(stop).toMatchObject({ action: 'stopWorkflow', target: id, outcome: 'done', status: stopped.statusCode, request_id: stopped.headers['x-request-id'] })
    expect(guarded.logged.slice(-2)).toEqual([create, stop])
  })

  it('ASVS 16.3.2: has what was refused, and for whom', async () => {
    await ask({ method: 'DELETE', url: '/workflows/wf-a1b2c3' }, tokens.viewer)
    await ask({ url: '/audit' }, tokens.operator)
    await ask({ method: 'POST', url: '/workflows', payload: { ...body, symbols: ['NONE'] } }, tokens.operator)
    const [invalid, read, remove] = await entries()
    expect(remove).toMatchObject({ action: 'deleteWorkflow', target: 'wf-a1b2c3', outcome: 'refused', status: 403, caller: { role: 'viewer' } })
    expect(read).toMatchObject({ action: 'listAudit', outcome: 'refused', status: 403, caller: { role: 'operator' } })
    expect(invalid).toMatchObject({ action: 'createWorkflow', outcome: 'refused', status: 422 })
  })

  it('ASVS 16.3.1: has who could not be identified', async () => {
    await ask({ method: 'POST', url: '/tokens', payload: { name: 'mine', role: 'admin' } }, tokenText(randomBytes(32)))
    expect((await entries())[0]).toMatchObject({ action: 'createToken', outcome: 'refused', status: 401, caller: null })
  })

  it('ASVS 16.2.5: has no token', async () => {
    const made = CreatedApiToken.parse((await ask({ method: 'POST', url: '/tokens', payload: { name: 'secretive', role: 'viewer' } }, ownersToken)).json())
    const all = JSON.stringify([await entries(), guarded.logged])
    expect(all).toContain(made.token_id)
    for (const token of [made.token, ownersToken, ...Object.values(tokens)]) expect(all).not.toContain(token)
  })

  it('is not for everybody', async () => {
    for (const [role, status] of [['viewer', 403], ['operator', 403], ['admin', 200]] as const) expect((await ask({ url: '/audit' }, tokens[role])).statusCode).toBe(status)
  })
})

describe('what runs', () => {
  it.each([
    { image: 'evil.example/miner:1' }, { url: 'http://169.254.169.254/' }, { pod_spec: { hostNetwork: true } }, { env: { BINANCE_REST_URL: 'http://evil.example' } }, { kafka_topic: 'queue-control' },
    { options: { image: 'evil.example/miner:1' } }, { options: { source: 'http://evil.example' } }, { options: { nodeSelector: {} } }, { venue: 'http://evil.example' }, { venue: '../evil' },
    { symbols: ['http://evil.example'] }, { types: ['evil.example/miner:1'] }, { pipeline: { type: 'evil.example/miner:1' } }, { pipeline: { type: 'features', image: 'evil' } },
  ])('ASVS 2.2.1: is not named by a request: %j', async (given) => {
    const answer = await ask({ method: 'POST', url: '/workflows', payload: { ...body, ...given } }, tokens.admin)
    expect(answer.statusCode, answer.body).toBe(422)
  })

  it('is named by no field of a request: whatever has the form of an address or an image fits none but the name for people', () => {
    const hostile = ['http://evil.example/x', 'evil.example/miner:1', '//evil.example', '169.254.169.254', '../../etc/passwd', '{"hostNetwork":true}']
    interface Schema { type?: string; pattern?: string; enum?: string[]; properties?: Record<string, Schema>; items?: Schema; anyOf?: Schema[]; oneOf?: Schema[]; allOf?: Schema[]; additionalProperties?: unknown; const?: unknown; $ref?: string }
    const { components } = openApiDocument('1') as unknown as { components: { schemas: Record<string, Schema> } }
    const open: string[] = []
    const look = (schema: Schema, path: string): void => {
      if (schema.properties) expect(schema.additionalProperties, `${path} takes unknown fields`).toBe(false)
      for (const [name, field] of Object.entries(schema.properties ?? {})) look(field, `${path}.${name}`)
      for (const part of [schema.items, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]) if (part) look(part, path)
      const fits = (text: string) => (schema.enum ? schema.enum.includes(text) : schema.pattern === undefined || new RegExp(schema.pattern).test(text))
      if (schema.type === 'string' && schema.const === undefined && hostile.some(fits)) open.push(path)
    }
    look(components.schemas['WorkflowRequest']!, 'request')
    expect(open).toEqual(['request.name'])
  })
})
