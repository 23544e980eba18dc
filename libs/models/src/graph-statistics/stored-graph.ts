import { type Asset, assetGraph, type AssetRelation, type GraphVersion, type StageSpec, StreamForgeError } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { type Relation, relationName } from './relation.ts'

export interface GraphCollections {
  graph: string
  vertices: string
  edges: string
  versions: string
}

/** Where graphs are. Those of a replay lie apart, in collections with its suffix, so that nobody takes them for the real ones. */
export function graphCollections(stage?: Pick<StageSpec, 'workflow_id' | 'replay_of'>): GraphCollections {
  const { name: graph, vertices, edges, versions } = assetGraph
  if (stage?.replay_of === undefined) return { graph, vertices, edges, versions }
  const suffix = stage.workflow_id.slice('wf-'.length)
  return { graph: `${graph}_${suffix}`, vertices, edges: `${edges}_${suffix}`, versions: `${versions}_${suffix}` }
}

export async function ensureGraphCollections(store: Store, { graph, vertices, edges, versions }: GraphCollections): Promise<void> {
  await store.ensureCollection(vertices)
  await store.ensureCollection(edges, { kind: 'edge' })
  await store.ensureCollection(versions, { indexes: [['queue_id'], ['workflow_id'], ['interval', 'to']] })
  await store.ensureGraph({ name: graph, edgeCollection: edges, from: [vertices], to: [vertices] })
}

export const assetKey = (venue: string, symbol: string) => `${venue}_${symbol}`

/**
 * Stores a version: assets that are not there yet, relations, and last the version itself, so that a version that is there is whole.
 * Relations of an earlier attempt that are none any more go. A version that is there with the same hash is left as it is.
 */
export async function writeGraphVersion(
  store: Store, collections: GraphCollections, { version, relations }: { version: GraphVersion; relations: readonly Relation[] },
): Promise<void> {
  const { venue } = version
  const assets = version.symbols.map((symbol): Asset => ({ _key: assetKey(venue, symbol), venue, symbol }))
  await store.writeBatch(collections.vertices, assets, { overwrite: false })
  const stored = await store.get<GraphVersion & StoredDocument>(collections.versions, version._key)
  if (stored?.hash === version.hash) return
  const edges = relations.map((relation) => edgeOf(relation, version, collections.vertices))
  await removeOthers(store, collections.edges, version.version, new Set(edges.map(({ _key }) => _key)))
  await store.writeBatch(collections.edges, edges)
  await store.writeBatch(collections.versions, [version])
}

function edgeOf(relation: Relation, version: GraphVersion, vertices: string): AssetRelation {
  const vertex = (symbol: string) => `${vertices}/${assetKey(version.venue, symbol)}`
  return {
    _key: `${version.version}_${relationName(relation)}`, _from: vertex(relation.source), _to: vertex(relation.target), version: version.version, ...relation,
    from: version.from, to: version.to,
  }
}

/** Keys of a version's relations: kinds begin with lower-case letters, which sort before the tilde. */
const edgeRange = (version: string) => ({ from: `${version}_`, to: `${version}_~` })

async function removeOthers(store: Store, collection: string, version: string, kept: ReadonlySet<string>): Promise<void> {
  for await (const batch of store.scan(collection, edgeRange(version))) {
    const surplus = batch.map(({ _key }) => _key).filter((key) => !kept.has(key))
    if (surplus.length > 0) await store.deleteKeys(collection, surplus)
  }
}

export interface GraphFilter {
  queueId?: string
  workflowId?: string
  interval?: string
  /** Only versions whose window ends at or before this instant. */
  endsBy?: number
  limit?: number
}

/** Versions, the newest window first. A store that never held a graph has none. */
export async function listGraphVersions(store: Store, { versions }: GraphCollections, filter: GraphFilter = {}): Promise<GraphVersion[]> {
  const { queueId, workflowId, interval, endsBy, limit = 200 } = filter
  return orNone(store.find<GraphVersion & StoredDocument>(versions, {
    where: {
      ...(queueId !== undefined && { queue_id: queueId }), ...(workflowId !== undefined && { workflow_id: workflowId }),
      ...(interval !== undefined && { interval }), ...(endsBy !== undefined && { to: { lte: endsBy } }),
    },
    sort: [{ field: 'to', direction: 'desc' }], limit,
  }), [])
}

export const readGraphVersion = (store: Store, { versions }: GraphCollections, version: string): Promise<GraphVersion | undefined> =>
  orNone(store.get<GraphVersion & StoredDocument>(versions, version), undefined)

/** In the order of their keys. */
export async function readRelations(store: Store, { edges }: GraphCollections, version: string): Promise<AssetRelation[]> {
  const relations: AssetRelation[] = []
  for await (const batch of store.scan<AssetRelation & StoredDocument>(edges, edgeRange(version))) relations.push(...batch)
  return relations
}

export async function readAssets(
  store: Store, { vertices }: GraphCollections, { venue, symbols }: Pick<GraphVersion, 'venue' | 'symbols'>,
): Promise<Asset[]> {
  const keys = symbols.map((symbol) => assetKey(venue, symbol))
  return orNone(store.find<Asset & StoredDocument>(vertices, { where: { _key: { in: keys } }, limit: keys.length }), [])
}

async function orNone<T>(reading: Promise<T>, none: T): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return none
    throw error
  }
}
