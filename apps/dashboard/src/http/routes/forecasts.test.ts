import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Forecast, ForecastsAnswer, type ForecastScore, recordKey } from '@streamforge/contracts'
import { connectStore, type Store } from '@streamforge/store'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf, toApiError } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { forecastRoutes } from './forecasts.ts'

let directory: string
let store: Store
const app: FastifyInstance = fastify()
const start = Date.UTC(2025, 0, 1)
const step = 300_000
const bar = (i: number) => ({ venue: 'binance', symbol: 'BTCUSDT', interval: '5m', open_time: start + i * step } as const)
const forecast = (i: number, model_version: number, value = 0.01): Forecast => ({
  kind: 'forecast', ...bar(i), model: 'gnn-5m', model_version, horizon_bars: 1, run_id: 'run-1234', close: 100, value, low: value - 0.1, high: value + 0.1, coverage: 0.9, inputs: [],
  target_time: start + (i + 2) * step, event_time: start + (i + 1) * step, known_time: start + (i + 1) * step, backfilled: false,
})
const score = (i: number, model_version: number, hit: boolean): ForecastScore => ({
  kind: 'forecast_score', ...bar(i), model: 'gnn-5m', model_version, horizon_bars: 1, value: 0.01, actual: hit ? 0.02 : -0.02, hit, covered: true,
  event_time: start + (i + 2) * step, known_time: start + (i + 2) * step, backfilled: false,
})

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-forecast-routes-'))
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  app.setErrorHandler((error, request, reply) => reply.code(toApiError(error).status).send(problemOf(toApiError(error), request.url)))
  forecastRoutes(app, { store } as ServerParts)
})
afterAll(async () => {
  await app.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const get = async (url: string) => (await app.inject({ url })).json() as unknown
const url = '/api/forecasts?symbol=BTCUSDT&interval=5m'

async function addStage(name: string, created_at: number, records: readonly (Forecast | ForecastScore)[], rest: object = {}): Promise<void> {
  for (const collection of ['stages', 'queues', `forecasts_${name}`]) await store.ensureCollection(collection)
  await store.writeBatch('stages', [{ _key: name, queue_id: name, type: 'forecast_5m', venue: 'binance', interval: '5m', symbols: ['BTCUSDT', 'ETHUSDT'], created_at, pipeline: { type: 'train_gnn' }, ...rest }])
  await store.writeBatch('queues', [{ _key: name, queue_id: name, collection_name: `forecasts_${name}` }])
  await store.writeBatch(`forecasts_${name}`, records.map((record) => ({ _key: recordKey(record), ...record })))
}

describe('forecasts', () => {
  it('are none before a stage makes them', async () => {
    expect(await get(url)).toEqual({ forecasts: [], scores: [], accuracy: [] })
  })

  it('are those of all stages, of a bar that several have forecast that of the newest, with their scores and how each model did', async () => {
    await addStage('older', 1, [forecast(0, 1), forecast(1, 1), forecast(2, 1), score(0, 1, true), score(1, 1, false), score(2, 1, true)])
    await addStage('newer', 2, [forecast(2, 2), forecast(3, 2), score(2, 2, false)])
    await addStage('replayed', 3, [forecast(3, 9)], { replay_of: 'wf-a1b2c3' })
    const answer = ForecastsAnswer.parse(await get(url))
    expect(answer.forecasts.map((f) => [(f.open_time - start) / step, f.model_version])).toEqual([[0, 1], [1, 1], [2, 2], [3, 2]])
    expect(answer.scores.map((s) => [(s.open_time - start) / step, s.hit])).toEqual([[0, true], [1, false], [2, false]])
    expect(answer.accuracy).toMatchObject([
      { model_version: 1, forecasts: 2, scored: 2, hit_rate: 0.5, coverage: 1 }, { model_version: 2, forecasts: 2, scored: 1, hit_rate: 0 },
    ])
    expect(answer.accuracy[0]!.mse).toBeCloseTo((0.01 ** 2 + 0.03 ** 2) / 2, 12)
    expect(ForecastsAnswer.parse(await get(`${url}&limit=1`)).forecasts.map((f) => f.open_time)).toEqual([start + 3 * step])
    expect(ForecastsAnswer.parse(await get(`${url}&from=${start + step}&to=${start + 2 * step}`)).forecasts).toHaveLength(1)
    expect(ForecastsAnswer.parse(await get('/api/forecasts?symbol=XRPUSDT&interval=5m')).forecasts).toEqual([])
  })

  it('need a symbol and an interval', async () => expect(await get('/api/forecasts?symbol=BTCUSDT')).toMatchObject({ status: 400, code: 'BAD_REQUEST' }))
})
