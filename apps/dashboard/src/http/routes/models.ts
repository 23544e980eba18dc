import { ModelList, ModelsQuery, TrainingRunList, TrainingRunsQuery } from '@streamforge/contracts'
import type { FastifyInstance } from 'fastify'
import { readModels, readTrainingRuns } from '../../read/read-models.ts'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'

/** Registered models and the runs that trained them. Promotions are queue-manager's: workflows.ts passes them on. */
export function modelRoutes(app: FastifyInstance, { store }: ServerParts): void {
  app.get('/api/models', async (request, reply) => answer(reply, ModelList, await readModels(store, checked(ModelsQuery, request.query, 'query'))))
  app.get('/api/training-runs', async (request, reply) =>
    answer(reply, TrainingRunList, { runs: await readTrainingRuns(store, checked(TrainingRunsQuery, request.query, 'query')) }))
}
