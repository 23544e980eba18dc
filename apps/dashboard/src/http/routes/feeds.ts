import { randomUUID } from 'node:crypto'
import { publishMessages } from '@streamforge/bus'
import {
  catalog, FeedAnswerParams, FeedAnswerReply, FeedCommandAccepted, FeedCommandRequest, FeedFileAnswer, FeedParams, FeedsAnswer, FeedState, type FeedCommand,
} from '@streamforge/contracts'
import type { FastifyInstance } from 'fastify'
import { readFeed, readFeedAnswer, readFeedFile, readFeeds } from '../../read/read-feeds.ts'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'
import { unlessNeverRun } from './unless-never-run.ts'

/** Fetchers as they stand, and what people tell them: published to feed-fetcher, which answers with a document. */
export function feedRoutes(app: FastifyInstance, { bus, store, log, now }: ServerParts): void {
  const feeds = readFeeds({ store, now })
  app.get('/api/feeds', async (_request, reply) => answer(reply, FeedsAnswer, await feeds.read()))
  app.get('/api/feed-states/:name', async (request, reply) => answer(reply, FeedState, await readFeed(store, checked(FeedParams, request.params, 'params').name)))
  app.get('/api/feeds/file', async (_request, reply) => answer(reply, FeedFileAnswer, { file: await readFeedFile(store) }))
  app.get('/api/feeds/answers/:id', async (request, reply) => {
    const given = await readFeedAnswer(store, checked(FeedAnswerParams, request.params, 'params').id)
    if (given) feeds.forget()
    return answer(reply, FeedAnswerReply, { answer: given })
  })
  app.post('/api/feeds/commands', async (request, reply) => {
    const asked = checked(FeedCommandRequest, request.body, 'body')
    const requestId = randomUUID()
    const command: FeedCommand = { ...asked, request_id: requestId, timestamp: now() / 1_000 }
    await publishMessages(bus, catalog['feed-control'], [command]).catch(unlessNeverRun('feed-fetcher'))
    log.info({ command: asked.command, requestId }, 'a feed command was published by request')
    return answer(reply.code(202), FeedCommandAccepted, { request_id: requestId })
  })
}
