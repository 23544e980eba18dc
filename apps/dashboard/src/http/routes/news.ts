import { NewsAnswer, NewsQuery } from '@streamforge/contracts'
import type { FastifyInstance } from 'fastify'
import { readNews } from '../../read/read-news.ts'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'

/** News of the last days and what it says of whom. */
export function newsRoutes(app: FastifyInstance, { store, now }: ServerParts): void {
  app.get('/api/news', async (request, reply) => answer(reply, NewsAnswer, await readNews(store, checked(NewsQuery, request.query, 'query'), now())))
}
