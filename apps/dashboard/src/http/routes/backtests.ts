import { Readable } from 'node:stream'
import { BacktestList, BacktestParams, BacktestReport, BacktestsQuery } from '@streamforge/contracts'
import type { FastifyInstance } from 'fastify'
import { readBacktest, readBacktests } from '../../read/read-backtests.ts'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'

/** Backtests: those there are, one with what is drawn of it, and every bar of it as a file. */
export function backtestRoutes(app: FastifyInstance, { store, objects }: ServerParts): void {
  const read = readBacktests(store)
  app.get('/api/backtests', async (request, reply) => answer(reply, BacktestList, { backtests: await read(checked(BacktestsQuery, request.query, 'query')) }))
  app.get('/api/backtests/:key', async (request, reply) =>
    answer(reply, BacktestReport, await readBacktest(store, checked(BacktestParams, request.params, 'params').key)))
  app.get('/api/backtests/:key/csv', async (request, reply) => {
    const { _key, csv } = await readBacktest(store, checked(BacktestParams, request.params, 'params').key)
    // Asked for before anything is said, so that a missing file is a problem document and no empty file.
    const content = await objects.stream(csv.object)
    return reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="${_key.replace(/[^\w.-]/g, '_')}.csv"`)
      .header('cache-control', 'no-store').send(Readable.from(content))
  })
}
