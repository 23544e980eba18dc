import { localOperator } from '@streamforge/access'
import { openApiDocument, Problem } from '@streamforge/contracts'
import type { NewModelVersion } from '@streamforge/models'
import fc from 'fast-check'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestPlatform, type TestPlatform } from '../orchestrator/test-platform.ts'
import { finishedPlan, storeFinished } from '../plan/pipeline-fixture.ts'
import { openTestAccess, type TestAccess } from './access-fixture.ts'
import { createServer } from './server.ts'

/** The parts of a JSON Schema that the API's document uses. */
interface Schema {
  $ref?: string
  type?: string
  enum?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  pattern?: string
  minimum?: number
  maximum?: number
}
interface Operation {
  operationId: string
  parameters: { name: string; in: string; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}
const document = openApiDocument('1.0.0') as unknown as { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } }

/** Values that a schema cannot describe well enough for chance to find them. */
const likely: Record<string, fc.Arbitrary<unknown>> = {
  time_range: fc.tuple(fc.nat(400), fc.integer({ min: -1, max: 30 })).map(([from, days]) => [from, from + days].map((d) => new Date(1_600_000_000_000 + d * 86_400_000).toISOString().slice(0, 10)).join(':')),
  types: fc.subarray(['api_candles_1h', 'api_candles_1d', 'api_candles_1M', 'api_trades'], { minLength: 1 }),
  venue: fc.constant('binance'),
  version: fc.constantFrom(1, 2),
  model: fc.constant('gnn-5m'),
  training: fc.constantFrom({}, { epochs: 3 }),
  graph: fc.constant({}),
  history_bars: fc.constant(1_000),
  symbols: fc.constant(['BTCUSDT', 'ETHUSDT']),
  pipeline: fc.constantFrom({ type: 'features' }, { type: 'train_gnn', training: { epochs: 3 } }, { type: 'trade_agent' }),
}

/** Mostly what the schema asks for, sometimes not, so that the refusing and the accepting sides are both reached. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: fittingValue(schema), weight: 12 }, { arbitrary: fc.jsonValue({ maxDepth: 2 }), weight: 1 })
}

function fittingValue(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.$ref) return valueOf(document.components.schemas[schema.$ref.split('/').at(-1)!]!)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  switch (schema.type ?? '') {
    case 'object': {
      const fields = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, likely[name] ? fc.oneof({ arbitrary: likely[name], weight: 3 }, valueOf(field)) : valueOf(field)]))
      return fc.record(fields, { requiredKeys: schema.required ?? [] })
    }
    case 'array': return fc.array(valueOf(schema.items ?? {}), { maxLength: 5 })
    case 'integer':
    case 'number': return fc.integer({ min: (schema.minimum ?? 0) - 1, max: Math.min(schema.maximum ?? 100, 1_000) + 1 })
    case 'string': return fc.oneof(schema.pattern ? fc.stringMatching(new RegExp(schema.pattern)) : fc.string(), fc.string({ unit: 'binary', maxLength: 30 }))
    default: return fc.jsonValue({ maxDepth: 2 })
  }
}

const trainedVersion: NewModelVersion = {
  model: 'gnn-5m', run_id: 'run-one-a1', queue_id: 'wf-all-train_gnn_5m-20240801-a1b2c3', workflow_id: 'wf-a1b2c3', hash: `sha256:${'b'.repeat(64)}`, feature_set: 'bars_v1', symbols: ['BTCUSDT'],
  interval: '5m', horizon_bars: 1, window_bars: 32, scores: {}, baselines: {}, held_out: { from: 1_722_470_400_000, to: 1_722_556_800_000 },
  promotion: { promoted: true, reason: 'the first' }, created_at: 1_722_556_800_000,
}

const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))

function parameterOf({ name, schema }: Operation['parameters'][number], knownIds: readonly string[]): fc.Arbitrary<unknown> {
  const known = name === 'id' && knownIds.length ? fc.constantFrom(...knownIds) : name === 'model' ? likely[name] : undefined
  return known ? fc.oneof(known, valueOf(schema)) : valueOf(schema)
}

function requestsOf({ path, method, operation }: (typeof operations)[number], knownIds: readonly string[]): fc.Arbitrary<InjectOptions> {
  const named = (place: string) => operation.parameters.filter((p) => p.in === place)
  const parameters = (place: string) => fc.record(Object.fromEntries(named(place).map((p) => [p.name, parameterOf(p, knownIds)])), { requiredKeys: place === 'path' ? named(place).map((p) => p.name) : [] })
  const schema = operation.requestBody?.content['application/json']?.schema
  return fc.record({
    inPath: parameters('path'), query: parameters('query'),
    payload: schema ? fc.oneof({ arbitrary: valueOf(schema).map((v) => JSON.stringify(v)), weight: 8 }, { arbitrary: fc.string(), weight: 1 }) : fc.constant(undefined),
    contentType: fc.oneof({ arbitrary: fc.constant('application/json'), weight: 9 }, { arbitrary: fc.constantFrom('text/plain', 'application/xml', ''), weight: 1 }),
  }).map(({ inPath, query, payload, contentType }) => ({
    method: method.toUpperCase() as 'GET',
    url: Object.entries(inPath).reduce((url, [name, value]) => url.replace(`{${name}}`, encodeURIComponent(text(value).toWellFormed())), path),
    query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, text(value).toWellFormed()])),
    ...(payload !== undefined && { payload, headers: contentType ? { 'content-type': contentType } : {} }),
  }))
}

describe('the API under random requests made from its own document', () => {
  let platform: TestPlatform
  let app: FastifyInstance
  let access: TestAccess
  const knownIds: string[] = []
  beforeAll(async () => {
    platform = await openTestPlatform()
    const orchestrator = await platform.start()
    access = await openTestAccess(platform.store)
    app = await createServer({ orchestrator, store: platform.store, bus: platform.bus, models: platform.models, metrics: platform.registry, access: access.access, audit: access.audit, log: pino({ level: 'silent' }), version: '1.0.0', conditions: async () => ({}) })
    await platform.models.registerVersion(trainedVersion, [])
    await app.inject({ method: 'PUT', url: '/retraining/gnn-5m', payload: { symbols: ['BTCUSDT', 'ETHUSDT'], interval: '5m', history_bars: 1_000, new_bars: 100 } })
    for (const status of ['running', 'stopped']) {
      const response = await app.inject({ method: 'POST', url: '/workflows', payload: { symbols: ['BTCUSDT'], types: ['api_candles_1d'], time_range: '2022-08-01:2022-08-03' } })
      const { workflow_id: id } = response.json() as { workflow_id: string }
      knownIds.push(id)
      if (status === 'stopped') await app.inject({ method: 'POST', url: `/workflows/${id}/stop` })
    }
    const plan = finishedPlan('wf-0000f1')
    knownIds.push(plan.workflow.workflow_id, await storeFinished(platform.store, platform.bus, plan))
    const replay = await app.inject({ method: 'POST', url: '/workflows/wf-0000f1/replay' })
    knownIds.push((replay.json() as { workflow_id: string }).workflow_id)
    const token = await access.access.tokens.create({ name: 'one to revoke', role: 'viewer', expires_in_days: 1 }, localOperator)
    knownIds.push(token.token_id)
  })
  afterAll(async () => {
    await app.close()
    await access.close()
    await platform.close()
  })

  // A stream has no end to wait for: it is asked for unknown workflows only, and read in the tests of its own.
  it.each(operations.map((o) => [o.operation.operationId, o] as const))('%s answers as documented, never 5xx', async (id, operation) => {
    const statuses = new Set<number>()
    await fc.assert(fc.asyncProperty(requestsOf(operation, id === 'followWorkflow' ? [] : knownIds), async (request) => {
      const response = await app.inject({ ...request, headers: { ...request.headers, ...access.asAdmin } })
      statuses.add(response.statusCode)
      expect(response.statusCode, response.body.slice(0, 500)).toBeLessThan(500)
      if (response.statusCode >= 400) {
        expect(response.headers['content-type']).toContain('application/problem+json')
        expect(Problem.parse(response.json()).status).toBe(response.statusCode)
      }
    }), { seed: 7, numRuns: 150 })
    const documented = Object.keys((document.paths[operation.path]![operation.method] as unknown as { responses: object }).responses).map(Number)
    expect([...statuses].filter((s) => !documented.includes(s))).toEqual([])
    // Both sides were reached, or the test would prove little.
    if (id !== 'followWorkflow') expect([...statuses].some((s) => s < 300)).toBe(true)
  })
})
