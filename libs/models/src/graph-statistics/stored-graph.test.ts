import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Asset, AssetRelation, GraphVersion } from '@streamforge/contracts'
import { connectStore, type Store } from '@streamforge/store'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hashRelations, summariseGraph } from './graph-summary.ts'
import type { Relation } from './relation.ts'
import {
  ensureGraphCollections, graphCollections, listGraphVersions, readAssets, readGraphVersion, readRelations, writeGraphVersion,
} from './stored-graph.ts'

let directory: string
let store: Store
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-graph-'))
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
})
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const replayed = graphCollections({ workflow_id: 'wf-0a0a0a', replay_of: 'wf-a1b2c3' })
const day = 86_400_000
const from = Date.UTC(2025, 0, 1)
const symbols = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT']
const relations: Relation[] = [
  { kind: 'correlation', source: 'AAAUSDT', target: 'BBBUSDT', directed: false, weight: 0.5 },
  { kind: 'lead_lag', source: 'BBBUSDT', target: 'CCCUSDT', directed: true, weight: 0.25, lag_bars: 2 },
]
const versionOf = (name: string, to: number, its: readonly Relation[], created_at = from): GraphVersion => ({
  _key: name, version: name, queue_id: `wf-all-graph_5m-${name.slice(0, 6)}`, workflow_id: `wf-${name.slice(0, 6)}`, venue: 'binance', interval: '5m', from, to, symbols,
  parameters: { nearest: 8 }, statistics: summariseGraph(symbols, its), hash: hashRelations(its), created_at,
})
const write = (name: string, its = relations, options: { to?: number; createdAt?: number; replay?: boolean } = {}) =>
  writeGraphVersion(store, options.replay ? replayed : graphCollections(), { version: versionOf(name, options.to ?? from + day, its, options.createdAt), relations: its })

it('has no versions before any is written', async () => {
  expect(await listGraphVersions(store, graphCollections())).toEqual([])
  expect(await readGraphVersion(store, graphCollections(), 'a1b2c3_5m_1')).toBeUndefined()
})

it('stores a version as documents that fit the contracts, and as a graph that can be walked', async () => {
  const collections = graphCollections()
  await ensureGraphCollections(store, collections)
  await write('a1b2c3_5m_1')
  const stored = await readRelations(store, collections, 'a1b2c3_5m_1')
  expect(stored.map((relation) => AssetRelation.parse(relation)._key)).toEqual(['a1b2c3_5m_1_correlation_AAAUSDT_BBBUSDT', 'a1b2c3_5m_1_lead_lag_BBBUSDT_CCCUSDT'])
  expect(GraphVersion.parse(await readGraphVersion(store, collections, 'a1b2c3_5m_1'))).toMatchObject({ statistics: { edges: 2, isolated: 0 } })
  expect((await readAssets(store, collections, { venue: 'binance', symbols })).map((asset) => Asset.parse(asset).symbol)).toEqual(symbols)
  expect((await store.neighbors('asset_graph', 'assets/binance_AAAUSDT', { direction: 'any', depth: 2 })).map(({ _key }) => _key)).toEqual(['binance_BBBUSDT', 'binance_CCCUSDT'])
})

it('changes nothing when written again, takes back what is no relation any more, and leaves what is known of assets', async () => {
  const collections = graphCollections()
  await store.writeBatch('assets', [{ _key: 'binance_AAAUSDT', venue: 'binance', symbol: 'AAAUSDT', sector: 'x' }])
  await write('a1b2c3_5m_1', relations, { createdAt: from + 5 })
  expect(await readGraphVersion(store, collections, 'a1b2c3_5m_1')).toMatchObject({ created_at: from })
  await write('a1b2c3_5m_1', relations.slice(1), { createdAt: from + 9 })
  expect((await readRelations(store, collections, 'a1b2c3_5m_1')).map(({ kind }) => kind)).toEqual(['lead_lag'])
  expect(await readGraphVersion(store, collections, 'a1b2c3_5m_1')).toMatchObject({ created_at: from + 9 })
  expect((await readAssets(store, collections, { venue: 'binance', symbols }))[0]).toMatchObject({ sector: 'x' })
})

it('lists versions by workflow, interval and end, the newest window first; replays apart', async () => {
  const collections = graphCollections()
  await write('a1b2c3_5m_2', relations, { to: from + 2 * day })
  await write('d4e5f6_5m_3', relations, { to: from + 3 * day })
  await ensureGraphCollections(store, replayed)
  await write('0a0a0a_5m_4', relations, { to: from + 4 * day, replay: true })
  const names = async (filter: Parameters<typeof listGraphVersions>[2]) => (await listGraphVersions(store, collections, filter)).map(({ version }) => version)
  expect(await names({})).toEqual(['d4e5f6_5m_3', 'a1b2c3_5m_2', 'a1b2c3_5m_1'])
  expect(await names({ workflowId: 'wf-a1b2c3', endsBy: from + day })).toEqual(['a1b2c3_5m_1'])
  expect(await names({ interval: '1h' })).toEqual([])
  expect((await listGraphVersions(store, replayed)).map(({ version }) => version)).toEqual(['0a0a0a_5m_4'])
})
