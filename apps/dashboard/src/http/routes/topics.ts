import { DeadLetterList, PeekAnswer, PeekQuery, RedriveAnswer, RedriveRequest, TopicDetail, TopicList, TopicParams } from '@streamforge/contracts'
import type { FastifyInstance } from 'fastify'
import { describeTopic, listTopics, peekTopic } from '../../read/read-topics.ts'
import { readDeadLetters, redrive } from '../../read/redrive.ts'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'

/** What is on the topics, who reads them, and what was refused. */
export function topicRoutes(app: FastifyInstance, { bus, log }: ServerParts): void {
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
