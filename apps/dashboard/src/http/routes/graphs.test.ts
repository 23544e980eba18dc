import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GraphAnswer, GraphList, type GraphVersion } from '@streamforge/contracts'
import { ensureGraphCollections, graphCollections, hashRelations, summariseGraph, writeGraphVersion, type Relation } from '@streamforge/models'
import { connectStore, type Store } from '@streamforge/store'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf, toApiError } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { graphRoutes } from './graphs.ts'

let directory: string
let store: Store
const app: FastifyInstance = fastify()
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-graph-routes-'))
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  app.setErrorHandler((error, request, reply) => reply.code(toApiError(error).status).send(problemOf(toApiError(error), request.url)))
  graphRoutes(app, { store } as ServerParts)
})
afterAll(async () => {
  await app.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const get = async (url: string) => (await app.inject({ url })).json() as unknown
const relations: Relation[] = [{ kind: 'lead_lag', source: 'BBBUSDT', target: 'AAAUSDT', directed: true, weight: 0.25, lag_bars: 2 }]
const versionOf = (to: number): GraphVersion => {
  const version = `a1b2c3_5m_${to}`
  const symbols = ['AAAUSDT', 'BBBUSDT']
  return {
    _key: version, version, queue_id: 'wf-all-graph_5m-20250101-a1b2c3', workflow_id: 'wf-a1b2c3', venue: 'binance', interval: '5m', from: Date.UTC(2025, 0, 1), to, symbols,
    parameters: { nearest: 8 }, statistics: summariseGraph(symbols, relations), hash: hashRelations(relations), created_at: to,
  }
}
const [first, second] = [Date.UTC(2025, 0, 2), Date.UTC(2025, 0, 3)]

describe('the asset graph', () => {
  it('has no versions before one is built', async () => {
    expect(await get('/api/graphs')).toEqual({ versions: [] })
    expect(await get(`/api/graphs/a1b2c3_5m_${first}`)).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })

  it('is listed by window, the newest first, and shown with its relations and assets', async () => {
    await ensureGraphCollections(store, graphCollections())
    for (const to of [first, second]) await writeGraphVersion(store, graphCollections(), { version: versionOf(to), relations })
    expect(GraphList.parse(await get('/api/graphs?interval=5m')).versions.map(({ to }) => to)).toEqual([second, first])
    expect(GraphList.parse(await get('/api/graphs?limit=1&workflow_id=wf-a1b2c3')).versions).toHaveLength(1)
    expect(await get('/api/graphs?workflow_id=wf-000000')).toEqual({ versions: [] })
    const shown = GraphAnswer.parse(await get(`/api/graphs/a1b2c3_5m_${first}`))
    expect(shown).toMatchObject({ version: { to: first, statistics: { edges: 1 } }, relations: [{ source: 'BBBUSDT', target: 'AAAUSDT', lag_bars: 2 }] })
    expect(shown.assets.map(({ symbol }) => symbol)).toEqual(['AAAUSDT', 'BBBUSDT'])
  })

  it.each(['/api/graphs?interval=4m', '/api/graphs?limit=0', '/api/graphs?x=1'])('is not listed for %s', async (path) =>
    expect(await get(path)).toMatchObject({ status: 400, code: 'BAD_REQUEST' }))
})
