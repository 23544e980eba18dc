import { CollectionType } from 'arangojs/collections'
import { checkCollectionName, checkFieldName, otherEdges, wrongKind } from '../names.ts'
import type { CollectionInfo, CollectionOptions, GraphDefinition } from '../store.ts'
import type { Connection } from './connection.ts'
import { errorNumber, isArangoError } from './errors.ts'

const kindOfType = (type: CollectionType) => (type === CollectionType.EDGE_COLLECTION ? 'edge' : 'document')

export async function ensureCollection(connection: Connection, name: string, options: CollectionOptions = {}): Promise<void> {
  checkCollectionName(name)
  const kind = options.kind ?? 'document'
  const indexes = options.indexes ?? []
  indexes.flat().forEach(checkFieldName)
  const existing = await connection.call({ collection: name }, async (database) => {
    const collection = database.collection(name)
    if (!await collection.exists()) {
      try {
        await collection.create({ type: kind === 'edge' ? CollectionType.EDGE_COLLECTION : CollectionType.DOCUMENT_COLLECTION })
      } catch (error) {
        if (!isArangoError(error, errorNumber.duplicateName)) throw error
      }
    }
    return kindOfType((await collection.get()).type)
  })
  if (existing !== kind) throw wrongKind(name, existing, kind)
  for (const fields of indexes) {
    // The server answers with the index it has when there is one like it already.
    await connection.call({ collection: name }, (database) =>
      database.collection(name).ensureIndex({ type: 'persistent', fields: [...fields], inBackground: true }))
  }
}

/** A collection that does not exist is dropped already. */
export async function dropCollection(connection: Connection, name: string): Promise<void> {
  checkCollectionName(name)
  await connection.call({ collection: name }, async (database) => {
    try {
      await database.collection(name).drop()
    } catch (error) {
      if (!isArangoError(error, errorNumber.collectionNotFound)) throw error
    }
  })
}

export async function listCollections(connection: Connection): Promise<CollectionInfo[]> {
  const described = await connection.call({}, (database) => database.listCollections(true))
  const list: CollectionInfo[] = []
  for (const { name, type } of described) {
    list.push({ name, kind: kindOfType(type), count: await countAll(connection, name) })
  }
  return list.sort((a, b) => (a.name < b.name ? -1 : 1))
}

export async function countAll(connection: Connection, collection: string): Promise<number> {
  return (await connection.call({ collection }, (database) => database.collection(collection).count())).count
}

/** Makes the graph with its collections, or brings the edge definition of an existing one up to date. */
export async function ensureGraph(connection: Connection, definition: GraphDefinition): Promise<void> {
  checkCollectionName(definition.name)
  for (const name of [definition.edgeCollection, ...definition.from, ...definition.to]) checkCollectionName(name)
  const wanted = { collection: definition.edgeCollection, from: [...definition.from], to: [...definition.to] }
  await connection.call({ graph: definition.name }, async (database) => {
    const graph = database.graph(definition.name)
    if (!await graph.exists()) {
      try {
        await graph.create([wanted], { waitForSync: connection.waitForSync })
        return
      } catch (error) {
        if (!isArangoError(error, errorNumber.graphExists)) throw error
      }
    }
    const [current, ...others] = (await graph.get()).edgeDefinitions
    if (current?.collection !== wanted.collection || others.length > 0) throw otherEdges(definition)
    if (!sameMembers(current.from, wanted.from) || !sameMembers(current.to, wanted.to)) await graph.replaceEdgeDefinition(wanted)
  })
}

const sameMembers = (a: readonly string[], b: readonly string[]) => new Set(a).size === new Set(b).size && a.every((name) => b.includes(name))
