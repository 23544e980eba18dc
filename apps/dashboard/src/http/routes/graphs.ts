import { GraphAnswer, GraphList, GraphParams, GraphsQuery, StreamForgeError } from '@streamforge/contracts'
import { graphCollections, listGraphVersions, readAssets, readGraphVersion, readRelations } from '@streamforge/models'
import type { FastifyInstance } from 'fastify'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'

const collections = graphCollections()

/** Versions of the asset graph with their statistics, and one of them with its relations. */
export function graphRoutes(app: FastifyInstance, { store }: ServerParts): void {
  app.get('/api/graphs', async (request, reply) => {
    const { workflow_id: workflowId, interval, limit } = checked(GraphsQuery, request.query, 'query')
    const versions = await listGraphVersions(store, collections, { limit, ...(workflowId !== undefined && { workflowId }), ...(interval !== undefined && { interval }) })
    return answer(reply, GraphList, { versions })
  })
  app.get('/api/graphs/:version', async (request, reply) => {
    const { version: name } = checked(GraphParams, request.params, 'params')
    const version = await readGraphVersion(store, collections, name)
    if (!version) throw new StreamForgeError('NOT_FOUND', `there is no version ${name} of the asset graph`, { remedy: 'GET /api/graphs lists the versions' })
    const relations = await readRelations(store, collections, name)
    return answer(reply, GraphAnswer, { version, relations, assets: await readAssets(store, collections, version) })
  })
}
