import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { featureKey, FeaturesAnswer, featureSets, Pipeline, StageSpec, type FeatureRow } from '@streamforge/contracts'
import { connectStore, type Store } from '@streamforge/store'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf, toApiError } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { featureRoutes } from './features.ts'

const start = Date.UTC(2025, 0, 1)
const step = 300_000
const venue = 'binance'
let directory: string
let store: Store
const app: FastifyInstance = fastify()

const row = (bar: number, close: number): FeatureRow => ({
  kind: 'feature', venue, symbol: 'AAAUSDT', interval: '5m', open_time: start + bar * step, feature_set: 'bars_v1', close, values: featureSets.bars_v1.map(() => null),
  event_time: start + (bar + 1) * step, known_time: start + (bar + 1) * step + 2_000, backfilled: true,
})
const stage = (id: string, created_at: number, more: Partial<StageSpec> = {}) => StageSpec.parse({
  _key: id, queue_id: id, workflow_id: 'wf-a1b2c3', type: 'features_5m', interval: '5m', venue, symbols: ['AAAUSDT'], from: start, live: false, inputs: [],
  pipeline: Pipeline.parse({ type: 'features' }), created_at, ...more,
})

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-feature-routes-'))
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  app.setErrorHandler((error, request, reply) => reply.code(toApiError(error).status).send(problemOf(toApiError(error), request.url)))
  featureRoutes(app, { store, now: () => start + 9 * step } as ServerParts)
})
afterAll(async () => {
  await app.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const get = async (query: string) => (await app.inject({ url: `/api/features?symbol=AAAUSDT&interval=5m${query}` })).json() as unknown
const closes = async (query = '') => FeaturesAnswer.parse(await get(query)).rows.map(({ close }) => close)

describe('features', () => {
  it('are not there before a stage has made them', async () => {
    expect(await get('')).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    expect(await get('&queue_id=wf-all-features_5m-20250101-a1b2c3')).toMatchObject({ status: 404 })
  })

  it('are those of the newest stage, as they were known at the moment', async () => {
    const [older, newer, replay, graph] = ['wf-older', 'wf-newer', 'wf-replay', 'wf-graph'] as const
    await store.ensureCollection('stages')
    await store.ensureCollection('queues')
    await store.writeBatch('stages', [
      stage(older, start), stage(newer, start + 1), stage(replay, start + 2, { replay_of: 'wf-a1b2c3' }), stage(graph, start + 3, { type: 'graph_5m' }),
    ])
    await store.writeBatch('queues', [older, newer, replay, graph].map((id) => ({ _key: id, queue_id: id, collection_name: `rows_${id}` })))
    for (const [id, first] of [[older, 100], [newer, 200], [replay, 300]] as const) {
      await store.ensureCollection(`rows_${id}`)
      await store.writeBatch(`rows_${id}`, [0, 1, 2, 3].map((bar) => ({ _key: featureKey(row(bar, 0)), ...row(bar, first + bar) })))
    }
    expect(FeaturesAnswer.parse(await get(''))).toMatchObject({ feature_set: 'bars_v1', names: [...featureSets.bars_v1], rows: [row(0, 200), {}, {}, {}] })
    expect(await closes('&queue_id=wf-older')).toEqual([100, 101, 102, 103])
    expect(await closes(`&as_of=${start + 2 * step + 1_999}`)).toEqual([200])
    expect(await closes(`&as_of=${start + 2 * step + 2_000}`)).toEqual([200, 201])
    expect(await closes('&limit=2')).toEqual([202, 203])
    expect(await closes(`&from=${start + step}&to=${start + 3 * step}`)).toEqual([201, 202])
    expect(await get('&queue_id=wf-graph')).toMatchObject({ status: 404 })
    expect((await app.inject({ url: '/api/features?symbol=NONEUSDT&interval=5m' })).statusCode).toBe(404)
  })

  it.each(['&limit=0', '&as_of=soon', '&x=1'])('are not listed for %s', async (query) =>
    expect(await get(query)).toMatchObject({ status: 400, code: 'BAD_REQUEST' }))
})
