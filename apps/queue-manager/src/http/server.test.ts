import { connect } from 'node:net'
import { once } from 'node:events'
import { apiOperations, CoveragePage, Problem, Workflow, WorkflowPage, WorkflowTypes, WorkflowUpdate, type StoredQueue } from '@streamforge/contracts'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import { openTestPlatform, type TestPlatform } from '../orchestrator/test-platform.ts'
import { certificate, plannedQueue } from '../queue/queue-fixture.ts'
import { openTestAccess, type TestAccess } from './access-fixture.ts'
import { createServer } from './server.ts'

const body = { symbols: ['BTCUSDT'], types: ['api_candles_5m'], time_range: '2022-08-01:2022-08-02' }
let platform: TestPlatform
let orchestrator: Orchestrator
let app: FastifyInstance
let url: string
let access: TestAccess
beforeAll(async () => {
  platform = await openTestPlatform()
  orchestrator = await platform.start({ instruments: { clockLead: async () => undefined, symbols: async () => new Set(['BTCUSDT', 'ETHUSDT']) }, maxActiveQueues: 1 })
  access = await openTestAccess(platform.store)
  app = await createServer({ orchestrator, store: platform.store, bus: platform.bus, models: platform.models, metrics: platform.registry, access: access.access, audit: access.audit, log: pino({ level: 'silent' }), version: '1.2.3', conditions: async () => ({ store: true }) })
  url = await app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(async () => {
  await app.close()
  await access.close()
  await platform.close()
})

const post = (payload: unknown = body, path = '/workflows') => app.inject({ method: 'POST', url: path, payload: payload as InjectOptions['payload'] & object })
async function problem(options: InjectOptions) {
  const response = await app.inject(options)
  expect(response.headers['content-type']).toContain('application/problem+json')
  const parsed = Problem.parse(response.json())
  expect(parsed.status).toBe(response.statusCode)
  return parsed
}

describe('POST /workflows', () => {
  it('answers 201 with the plan and the estimate, stored before anything is sent', async () => {
    const response = await post({ ...body, name: 'mine' })
    expect(response.statusCode).toBe(201)
    const workflow = Workflow.parse(response.json())
    expect(workflow).toMatchObject({ status: 'pending', name: 'mine', request: { venue: 'binance', options: { source: 'auto' } }, queues: [{ status: 'pending' }] })
    expect(response.headers['location']).toBe(`/workflows/${workflow.workflow_id}`)
    expect(await platform.store.get('workflows', workflow.workflow_id)).toBeDefined()
  })

  it.each([
    ['an unknown symbol', { ...body, symbols: ['BTCUSDT', 'NOSUCHUSDT'] }, 422, 'UNKNOWN_SYMBOL', 'symbols.1'],
    ['a malformed symbol', { ...body, symbols: ['btc-usdt'] }, 422, 'INVALID_FIELD', 'symbols.0'],
    ['no symbol', { ...body, symbols: [] }, 422, 'INVALID_FIELD', 'symbols'],
    ['an unknown type', { ...body, types: ['api_candles_7m'] }, 422, 'UNKNOWN_TYPE', 'types.0'],
    ['a type that the venue does not serve', { ...body, venue: 'coinbase', types: ['api_candles_1s'] }, 422, 'UNKNOWN_TYPE', 'types.0'],
    ['a range without an end for history alone', { ...body, time_range: '2022-08-01:' }, 422, 'BAD_TIME_RANGE', 'time_range'],
    ['an unknown venue', { ...body, venue: 'nowhere' }, 422, 'UNKNOWN_VENUE', 'venue'],
    ['a reversed range', { ...body, time_range: '2022-08-02:2022-08-01' }, 422, 'BAD_TIME_RANGE', 'time_range'],
    ['an empty range', { ...body, time_range: '2022-08-01:2022-08-01' }, 422, 'BAD_TIME_RANGE', 'time_range'],
    ['a malformed range', { ...body, time_range: 'yesterday' }, 422, 'BAD_TIME_RANGE', 'time_range'],
    ['a day that does not exist', { ...body, time_range: '2022-02-30:2022-03-01' }, 422, 'BAD_TIME_RANGE', 'time_range'],
    ['a range before there were exchanges', { ...body, time_range: '1970-01-01:2022-08-01' }, 422, 'BAD_TIME_RANGE', 'time_range'],
    ['a range in the future', { ...body, time_range: '2098-01-01:2099-01-01' }, 422, 'BAD_TIME_RANGE', 'time_range'],
    ['an absurd range', { ...body, types: ['api_candles_1s'], time_range: '2000-01-01:2022-08-01' }, 422, 'BAD_TIME_RANGE', 'time_range'],
    ['a missing field', { symbols: ['BTCUSDT'], types: ['api_trades'] }, 422, 'BAD_TIME_RANGE', 'time_range'],
    ['an unknown field', { ...body, sybmols: [] }, 422, 'INVALID_FIELD', 'sybmols'],
    ['too many shards', { ...body, options: { shards: 65 } }, 422, 'INVALID_FIELD', 'options.shards'],
    ['a wrong kind of value', { ...body, symbols: 'BTCUSDT' }, 422, 'INVALID_FIELD', 'symbols'],
    ['something that is no object', [body], 400, 'BAD_REQUEST', 'body'],
  ])('refuses %s and names the field', async (_what, payload, status, code, field) => {
    const answer = await problem({ method: 'POST', url: '/workflows', payload: payload as object })
    expect(answer).toMatchObject({ status, code })
    expect(answer.errors?.[0]?.field).toBe(field)
    expect(answer.errors?.[0]?.message).toBeTruthy()
  })

  const json = { 'content-type': 'application/json' }
  it.each([
    ['broken JSON', { headers: json, payload: '{"symbols": [' }, 400, 'BAD_REQUEST'],
    ['no body', { headers: json }, 400, 'BAD_REQUEST'],
    ['null', { headers: json, payload: 'null' }, 400, 'BAD_REQUEST'],
    ['a poisoned prototype', { headers: json, payload: '{"__proto__": {"x": 1}}' }, 400, 'BAD_REQUEST'],
    ['another media type', { headers: { 'content-type': 'text/plain' }, payload: 'symbols' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['10 MB', { headers: json, payload: `{"name": "${'x'.repeat(10_000_000)}"}` }, 413, 'BODY_TOO_LARGE'],
  ])('refuses %s', async (_what, options, status, code) => {
    expect(await problem({ method: 'POST', url: '/workflows', ...options })).toMatchObject({ status, code })
  })
})

describe('paths', () => {
  it('that are not there are 404', async () => {
    for (const path of ['/', '/nothing', '/workflows/wf-ffffff', '/workflows/..%2f..', '/workflows/%F0%9F%92%A9', '/workflows/wf-ffffff/events']) {
      expect(await problem({ method: 'GET', url: path })).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    }
  })

  it('asked in the wrong way are 405 and name the right one', async () => {
    for (const [method, path, allow] of [['PUT', '/workflows', 'POST, GET'], ['DELETE', '/coverage', 'GET'], ['GET', '/workflows/wf-a1b2c3/stop', 'POST'], ['PATCH', '/workflows/wf-a1b2c3', 'GET, DELETE']] as const) {
      const response = await app.inject({ method, url: path })
      expect(response.statusCode).toBe(405)
      expect(response.headers['allow']).toBe(allow)
      expect(Problem.parse(response.json()).code).toBe('METHOD_NOT_ALLOWED')
    }
  })

  it('that are malformed are 400', async () => {
    expect(await problem({ method: 'GET', url: '/workflows/%' })).toMatchObject({ status: 400 })
  })

  it('cannot be broken by what is not HTTP', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.end('not HTTP at all\r\n\r\n')
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    await once(socket, 'close')
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 .*application\/problem\+json/s)
  })
})

describe('GET /workflows', () => {
  it('pages newest first, and filters', async () => {
    const ids: string[] = []
    for (const symbols of [['BTCUSDT'], ['ETHUSDT'], ['BTCUSDT', 'ETHUSDT'], ['ETHUSDT'], ['BTCUSDT']]) ids.unshift(((await post({ ...body, symbols, types: ['api_trades'] })).json() as Workflow).workflow_id)
    const all = async (query: string) => {
      const seen: string[] = []
      for (let cursor: string | undefined = ''; cursor !== undefined;) {
        const page: WorkflowPage = WorkflowPage.parse((await app.inject(`/workflows?limit=2&${query}${cursor && `&cursor=${cursor}`}`)).json())
        expect(page.workflows.length).toBeLessThanOrEqual(2)
        seen.push(...page.workflows.map((w) => w.workflow_id))
        cursor = page.next_cursor
      }
      return seen
    }
    expect(await all('type=api_trades')).toEqual(ids)
    expect(await all('type=api_trades&symbol=ETHUSDT')).toEqual([ids[1], ids[2], ids[3]])
    const everything = await all('')
    expect(everything.length).toBeGreaterThan(ids.length)
    expect(new Set(everything).size).toBe(everything.length)
    expect(await all('status=failed')).toEqual([])
    expect((await all('status=pending')).length).toBeGreaterThan(0)
  })

  it.each([['status=gone', 'status'], ['limit=0', 'limit'], ['limit=x', 'limit'], ['limit=1000', 'limit'], ['cursor=%00', 'cursor'], ['colour=red', 'colour'], ['symbol=b', 'symbol']])(
    'refuses ?%s', async (query, field) => {
      expect(await problem({ method: 'GET', url: `/workflows?${query}` })).toMatchObject({ status: 400, errors: [{ field }] })
    })
})

describe('stop, retry and delete', () => {
  it('answer with the workflow, and 409 in the wrong state', async () => {
    const { workflow_id: id } = (await post({ ...body, symbols: ['ETHUSDT'] })).json() as Workflow
    expect(await problem({ method: 'POST', url: `/workflows/${id}/retry` })).toMatchObject({ status: 409, code: 'CONFLICT' })
    expect(await problem({ method: 'DELETE', url: `/workflows/${id}` })).toMatchObject({ status: 409 })
    const stopped = await app.inject({ method: 'POST', url: `/workflows/${id}/stop`, headers: { 'content-type': 'application/json' } })
    expect(Workflow.parse(stopped.json())).toMatchObject({ status: 'stopped', reason: 'stopped by request' })
    expect(Workflow.parse((await app.inject({ method: 'POST', url: `/workflows/${id}/retry` })).json()).reason).toBeUndefined()
    await app.inject({ method: 'POST', url: `/workflows/${id}/stop` })
    expect(await problem({ method: 'DELETE', url: `/workflows/${id}?data=perhaps` })).toMatchObject({ status: 400 })
    const removed = await app.inject({ method: 'DELETE', url: `/workflows/${id}?data=true` })
    expect([removed.statusCode, removed.body]).toEqual([204, ''])
    expect(await problem({ method: 'GET', url: `/workflows/${id}` })).toMatchObject({ status: 404 })
  })
})

describe('GET /workflows/{id}/events', () => {
  it('streams the state and every change, and says when it has ended', async () => {
    const { workflow_id: id } = (await post()).json() as Workflow
    const abort = new AbortController()
    const response = await fetch(`${url}/workflows/${id}/events`, { signal: abort.signal })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    let text = ''
    const reading = (async () => { for await (const chunk of response.body!) text += Buffer.from(chunk).toString() })().catch(() => undefined)
    await expect.poll(() => text).toContain('data: ')
    const first = /^id: (.*)\ndata: (.*)\n\n/.exec(text)!
    expect(WorkflowUpdate.parse(JSON.parse(first[2]!))).toMatchObject({ workflow: { workflow_id: id }, queues: [{ symbol: 'BTCUSDT' }] })
    await app.inject({ method: 'POST', url: `/workflows/${id}/stop` })
    await expect.poll(() => text).toMatch(/event: end\n/)
    expect(text).toContain('"status":"stopped"')
    abort.abort()
    await reading
  })

  it('does not repeat what a follower who comes back has seen', async () => {
    const { workflow_id: id } = (await post()).json() as Workflow
    const read = async (headers: Record<string, string>) => {
      const abort = new AbortController()
      const response = await fetch(`${url}/workflows/${id}/events`, { headers, signal: abort.signal })
      const { value } = await response.body!.getReader().read()
      abort.abort()
      return Buffer.from(value!).toString()
    }
    const text = await read({})
    expect(await read({ 'last-event-id': /^id: (.*)$/m.exec(text)![1]! })).toBe(': nothing new\n\n')
    expect(await read({ 'last-event-id': 'older' })).toBe(text)
  })
})

describe('GET /coverage', () => {
  it('pages and filters certificates', async () => {
    const certificates = ['a', 'b', 'c'].map((letter, i) => certificate(plannedQueue({ queue_id: `wf-${letter}-api_candles_5m-20220801-a1b2c3` } as Partial<StoredQueue>), { symbol: i === 1 ? 'ETHUSDT' : 'BTCUSDT' }))
    await platform.store.writeBatch('coverage', certificates.map((c) => ({ _key: c.queue_id, ...c })))
    const get = async (query: string) => CoveragePage.parse((await app.inject(`/coverage?${query}`)).json())
    const first = await get('limit=2')
    expect(first.certificates).toEqual(certificates.slice(0, 2))
    expect(await get(`limit=2&cursor=${first.next_cursor}`)).toEqual({ certificates: certificates.slice(2) })
    expect((await get('symbol=ETHUSDT&workflow_id=wf-a1b2c3')).certificates).toEqual([certificates[1]])
    expect(await problem({ method: 'GET', url: '/coverage?workflow_id=7' })).toMatchObject({ status: 400, errors: [{ field: 'workflow_id' }] })
  })
})

describe('POST /models/{model}/promote', () => {
  const sha256 = `sha256:${'b'.repeat(64)}`
  const register = (run: string) => platform.models.registerVersion({
    model: 'gnn-5m', run_id: `run-${run}`, queue_id: 'wf-all-train_gnn_5m-20240801-a1b2c3', workflow_id: 'wf-a1b2c3', hash: sha256, feature_set: 'bars_v1', symbols: ['BTCUSDT'],
    interval: '5m', horizon_bars: 1, window_bars: 32, scores: {}, baselines: {}, held_out: { from: 1_722_470_400_000, to: 1_722_556_800_000 },
    promotion: { promoted: true, reason: 'the first' }, created_at: 1_722_556_800_000,
  }, [])
  const promote = (payload: object, model = 'gnn-5m') => app.inject({ method: 'POST', url: `/models/${model}/promote`, payload })

  it('makes a version the champion, and an earlier one again', async () => {
    await register('one-a1')
    await register('two-a1')
    for (const [version, reason] of [[2, 'better'], [1, 'rolled back']] as const) {
      const answer = await promote({ version, reason })
      expect([answer.statusCode, answer.json()]).toMatchObject([200, { model: 'gnn-5m', alias: 'champion', model_version: version, reason }])
      expect((await platform.models.alias('gnn-5m', 'champion'))?.model_version).toBe(version)
    }
  })

  it('refuses a version that is not registered, and what is no promotion', async () => {
    expect(await problem({ method: 'POST', url: '/models/gnn-5m/promote', payload: { version: 7, reason: 'x' } })).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    expect(await problem({ method: 'POST', url: '/models/gnn-5m/promote', payload: { version: 1, reason: '' } })).toMatchObject({ status: 422, code: 'INVALID_FIELD' })
    expect(await problem({ method: 'POST', url: '/models/GNN/promote', payload: { version: 1, reason: 'x' } })).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
  })
})

describe('the rest', () => {
  it('lists types, health, metrics and documents', async () => {
    expect(WorkflowTypes.parse((await app.inject('/workflow-types')).json()).types.length).toBeGreaterThan(10)
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok', conditions: {} })
    expect((await app.inject('/readyz')).json()).toEqual({ status: 'ok', conditions: { store: true } })
    const metrics = await app.inject('/metrics')
    expect(metrics.headers['content-type']).toContain('text/plain')
    expect(metrics.body).toContain('streamforge_workflows{status=')
    const document = (await app.inject('/openapi.json')).json() as { info: { version: string }; paths: object }
    expect(document.info.version).toBe('1.2.3')
    expect(Object.keys(document.paths).length).toBe(new Set(Object.values(apiOperations).map((o) => o.path)).size)
  })

  it('serves the documentation page without the network', async () => {
    const page = await app.inject('/docs')
    expect(page.statusCode).toBe(200)
    expect(page.body).toContain('swagger-ui')
    expect(page.body).not.toMatch(/(?:src|href)="https?:/)
    expect((await app.inject('/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200)
    expect((await app.inject('/docs/json')).json()).toMatchObject({ openapi: '3.1.0' })
  })

  it('says 503 while something is missing', async () => {
    const other = await createServer({ orchestrator, store: platform.store, bus: platform.bus, models: platform.models, metrics: platform.registry, access: access.access, audit: access.audit, log: pino({ level: 'silent' }), version: '1', conditions: async () => ({ store: false }) })
    const response = await other.inject('/readyz')
    expect([response.statusCode, response.json()]).toEqual([503, { status: 'not_ready', conditions: { store: false } }])
    await other.close()
  })

  it('does not tell callers about its insides', async () => {
    const broken = { ...orchestrator, workflow: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1')) }
    const other = await createServer({ orchestrator: broken, store: platform.store, bus: platform.bus, models: platform.models, metrics: platform.registry, access: access.access, audit: access.audit, log: pino({ level: 'silent' }), version: '1', conditions: async () => ({}) })
    const response = await other.inject('/workflows/wf-a1b2c3')
    expect(response.statusCode).toBe(500)
    expect(Problem.parse(response.json()).detail).not.toContain('10.0.0.1')
    await other.close()
  })
})
