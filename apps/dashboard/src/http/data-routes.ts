import {
  BookQuery, BookView, CandlesAnswer, CandlesQuery, DeadLetterList, Instruments, PeekAnswer, PeekQuery, RedriveAnswer, RedriveRequest,
  StreamForgeError, TopicDetail, TopicList, TopicParams, TradesAnswer, TradesQuery,
} from '@streamforge/contracts'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { z } from 'zod'
import { instrumentsOf } from '../read/datasets.ts'
import { readCandles } from '../read/read-candles.ts'
import { describeTopic, listTopics, peekTopic } from '../read/read-topics.ts'
import { readTrades } from '../read/read-trades.ts'
import { readDeadLetters, redrive } from '../read/redrive.ts'
import { checked } from './problems.ts'
import type { ServerParts } from './server.ts'

/** What is read from stores and topics, and the redrive of dead letters. */
export function dataRoutes(app: FastifyInstance, { bus, store, datasets, hub, log }: ServerParts): void {
  app.get('/api/instruments', async (_request, reply) => answer(reply, Instruments, { instruments: instrumentsOf(await datasets()) }))
  app.get('/api/candles', async (request, reply) =>
    answer(reply, CandlesAnswer, await readCandles(store, await datasets(), checked(CandlesQuery, request.query, 'query'))))
  app.get('/api/trades', async (request, reply) =>
    answer(reply, TradesAnswer, { trades: await readTrades(store, await datasets(), checked(TradesQuery, request.query, 'query')) }))
  app.get('/api/book', async (request, reply) => {
    const { levels, ...instrument } = checked(BookQuery, request.query, 'query')
    return answer(reply, BookView, await hub.book(instrument, levels))
  })
  app.get('/api/topics', async (_request, reply) => answer(reply, TopicList, await listTopics(bus)))
  app.get('/api/topics/:name', async (request, reply) =>
    answer(reply, TopicDetail, await describeTopic(bus, checked(TopicParams, request.params, 'params').name)))
  app.get('/api/topics/:name/messages', async (request, reply) => {
    const { name } = checked(TopicParams, request.params, 'params')
    return answer(reply, PeekAnswer, await peekTopic(bus, name, checked(PeekQuery, request.query, 'query')))
  })
  app.get('/api/dead-letters', async (_request, reply) => answer(reply, DeadLetterList, await readDeadLetters(bus)))
  app.post('/api/dead-letters/redrive', async (request, reply) => {
    const redriven = await redrive(bus, checked(RedriveRequest, request.body, 'body'))
    log.info({ redriven }, 'dead letters put back by request')
    return answer(reply, RedriveAnswer, { redriven })
  })
}

/** @throws StreamForgeError INTERNAL when an answer is not what the contracts promise */
function answer<S extends z.ZodType>(reply: FastifyReply, schema: S, value: z.infer<S>): FastifyReply {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new StreamForgeError('INTERNAL', `an answer breaks its contract: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`)
  return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(JSON.stringify(parsed.data))
}
