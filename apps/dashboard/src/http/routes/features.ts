import { FeaturesAnswer, FeaturesQuery } from '@streamforge/contracts'
import type { FastifyInstance } from 'fastify'
import { readFeatureRows } from '../../read/read-feature-rows.ts'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'

/** Features as they were known at a moment. */
export function featureRoutes(app: FastifyInstance, { store, now }: ServerParts): void {
  app.get('/api/features', async (request, reply) =>
    answer(reply, FeaturesAnswer, await readFeatureRows(store, checked(FeaturesQuery, request.query, 'query'), now())))
}
