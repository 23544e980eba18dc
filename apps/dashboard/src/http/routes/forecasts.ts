import { ForecastsAnswer, ForecastSeriesList, ForecastsQuery } from '@streamforge/contracts'
import type { FastifyInstance } from 'fastify'
import { readForecasts, readForecastSeries } from '../../read/read-forecasts.ts'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'

/** Forecasts beside what came, and what is forecast at all. */
export function forecastRoutes(app: FastifyInstance, { store }: ServerParts): void {
  app.get('/api/forecast-series', async (_request, reply) => answer(reply, ForecastSeriesList, { series: await readForecastSeries(store) }))
  app.get('/api/forecasts', async (request, reply) => answer(reply, ForecastsAnswer, await readForecasts(store, checked(ForecastsQuery, request.query, 'query'))))
}
