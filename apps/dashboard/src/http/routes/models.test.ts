import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ModelList, TrainingRunList, type ModelVersion, type TrainingRun } from '@streamforge/contracts'
import { connectStore, type Store } from '@streamforge/store'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followModels } from '../../live/follow-models.ts'
import { problemOf, toApiError } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { modelRoutes } from './models.ts'

const start = Date.UTC(2025, 0, 1)
const sha256 = `sha256:${'b'.repeat(64)}`
let directory: string
let store: Store
const app: FastifyInstance = fastify()
const origin = { queue_id: 'wf-all-train_gnn_5m-20250101-a1b2c3', workflow_id: 'wf-a1b2c3', feature_set: 'bars_v1', symbols: ['BTCUSDT'], interval: '5m' } as const
const run = (name: string, at: number, more: Partial<TrainingRun> = {}): TrainingRun => ({
  _key: `run-${name}`, run_id: `run-${name}`, ...origin, symbols: ['BTCUSDT'], model: 'gnn-5m', status: 'running', kind: 'gnn', parameters: { hidden: 32 }, backend: 'test 1', seed: 42,
  code_version: '1', data: [{ queue_id: origin.queue_id, checksum: sha256 }], epochs: [], started_at: at, message: 'training', ...more,
})
const version = (number: number, model = 'gnn-5m'): ModelVersion => ({
  _key: `${model}_v${number}`, model, version: number, run_id: 'run-first', ...origin, symbols: ['BTCUSDT'], path: `models/${model}/run-first`, files: [], hash: sha256, horizon_bars: 1, window_bars: 32,
  scores: { rank_ic: { value: 0.1, low: 0, high: 0.2 } }, baselines: {}, held_out: { from: start, to: start + 1 }, promotion: { promoted: true, reason: 'the first' }, created_at: start + number,
})

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-model-routes-'))
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  app.setErrorHandler((error, request, reply) => reply.code(toApiError(error).status).send(problemOf(toApiError(error), request.url)))
  modelRoutes(app, { store } as ServerParts)
})
afterAll(async () => {
  await app.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const get = async (url: string) => (await app.inject({ url })).json() as unknown

describe('models', () => {
  it('are none before one is trained', async () => {
    expect(await get('/api/models')).toEqual({ versions: [], aliases: [] })
    expect(await get('/api/training-runs')).toEqual({ runs: [] })
  })

  it('are listed newest first, with their aliases and the runs that trained them', async () => {
    for (const name of ['training_runs', 'model_versions', 'model_aliases']) await store.ensureCollection(name)
    await store.writeBatch('training_runs', [run('first', start), run('second', start + 1, { model: 'gnn-1h' })])
    await store.writeBatch('model_versions', [version(1), version(2), version(1, 'gnn-1h')])
    await store.writeBatch('model_aliases', [{ _key: 'gnn-5m_champion', model: 'gnn-5m', alias: 'champion', model_version: 2, version: 1, changed_at: start, reason: 'better' }])
    expect(ModelList.parse(await get('/api/models?model=gnn-5m'))).toMatchObject({ versions: [{ version: 2 }, { version: 1 }], aliases: [{ alias: 'champion', model_version: 2 }] })
    expect(ModelList.parse(await get('/api/models')).versions).toHaveLength(3)
    expect(TrainingRunList.parse(await get('/api/training-runs')).runs.map((r) => r.run_id)).toEqual(['run-second', 'run-first'])
    expect(TrainingRunList.parse(await get('/api/training-runs?model=gnn-5m&workflow_id=wf-a1b2c3')).runs).toHaveLength(1)
  })

  it('are told as they change: a run with each epoch, the models with each promotion', async () => {
    const told: object[] = []
    const source = followModels(store, (payload) => void told.push(payload))
    expect((await source.answer(undefined))()).toMatchObject({ kind: 'models', whole: true, runs: [{ run_id: 'run-second' }, { run_id: 'run-first' }] })
    told.length = 0
    await source.refresh()
    expect(told).toEqual([])
    await store.writeBatch('training_runs', [run('first', start, { epochs: [{ epoch: 1, epochs: 3, loss: 1, metrics: {}, seconds: 1, at: start }] })])
    await source.refresh()
    expect(told).toMatchObject([{ whole: false, runs: [{ run_id: 'run-first', epochs: [{ epoch: 1 }] }] }])
    await store.writeBatch('model_aliases', [{ _key: 'gnn-5m_champion', model: 'gnn-5m', alias: 'champion', model_version: 1, version: 2, changed_at: start, reason: 'rolled back' }])
    await source.refresh()
    expect(told[1]).toMatchObject({ runs: [], aliases: [{ model_version: 1 }] })
  })

  it.each(['/api/models?limit=0', '/api/training-runs?model=X', '/api/models?x=1'])('are not listed for %s', async (path) =>
    expect(await get(path)).toMatchObject({ status: 400, code: 'BAD_REQUEST' }))
})
