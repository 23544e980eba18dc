import { BookQuery, BookView, CandlesAnswer, CandlesQuery, Instruments, TradesAnswer, TradesQuery } from '@streamforge/contracts'
import type { FastifyInstance } from 'fastify'
import { instrumentsOf } from '../../read/datasets.ts'
import { readSeries } from '../../read/read-candles.ts'
import { readTrades } from '../../read/read-trades.ts'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'

/** What is stored of markets, and their books as they stream. */
export function marketRoutes(app: FastifyInstance, parts: ServerParts): void {
  const { store, datasets, hub } = parts
  app.get('/api/instruments', async (_request, reply) => answer(reply, Instruments, { instruments: instrumentsOf(await datasets()) }))
  app.get('/api/candles', async (request, reply) =>
    answer(reply, CandlesAnswer, await readSeries(parts, await datasets(), checked(CandlesQuery, request.query, 'query'))))
  app.get('/api/trades', async (request, reply) =>
    answer(reply, TradesAnswer, { trades: await readTrades(store, await datasets(), checked(TradesQuery, request.query, 'query')) }))
  app.get('/api/book', async (request, reply) => {
    const { levels, ...instrument } = checked(BookQuery, request.query, 'query')
    return answer(reply, BookView, await hub.book(instrument, levels))
  })
}
