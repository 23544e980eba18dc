import { splitVertexId } from '../document-rules.ts'
import { graphNotFound } from '../names.ts'
import type { NeighborLimits } from '../neighbor-options.ts'
import type { GraphDefinition } from '../store.ts'
import { fieldValue, table } from './collections.ts'
import type { Database } from './database.ts'

/** The text of the documents found. Breadth first, a step a read; within one distance by id. Inside one step the graph is seen as of one moment. */
export async function findNeighbors(
  database: Database, graphName: string, start: string, options: NeighborLimits,
): Promise<string[]> {
  const graph = await database.read(() => graphDefinition(database, graphName))
  const seen = new Set([start])
  const found: string[] = []
  let frontier = [start]
  for (let step = 0; step < options.depth && frontier.length > 0 && found.length < options.limit; step++) {
    const reached = await database.read(() => edgeEnds(database, graph.edgeCollection, frontier, options.direction))
    frontier = [...new Set(reached)].filter((id) => !seen.has(id)).sort()
    frontier.forEach((id) => seen.add(id))
    found.push(...await database.read(() => vertices(database, frontier)))
  }
  return found.slice(0, options.limit)
}

function graphDefinition(database: Database, name: string): GraphDefinition {
  const row = database.statement('SELECT definition FROM graphs WHERE name = ?').get(name)
  if (!row) throw graphNotFound(name)
  return JSON.parse(row.definition as string) as GraphDefinition
}

function edgeEnds(database: Database, edges: string, from: readonly string[], direction: NeighborLimits['direction']): string[] {
  const follow = (near: string, far: string) =>
    database.statement(`SELECT ${fieldValue(far)} AS id FROM ${table(edges)} WHERE ${fieldValue(near)} IN (SELECT value FROM json_each(?))`)
      .all(JSON.stringify(from)).map(({ id }) => id as string)
  return [
    ...(direction === 'in' ? [] : follow('_from', '_to')),
    ...(direction === 'out' ? [] : follow('_to', '_from')),
  ]
}

/** An edge may lead to a vertex that is not stored: it is passed through, but not among the results. */
function vertices(database: Database, ids: readonly string[]): string[] {
  const known = new Set(database.statement('SELECT name FROM collections').all().map(({ name }) => name))
  return ids.flatMap((id) => {
    const { collection, key } = splitVertexId(id)
    const row = known.has(collection) ? database.statement(`SELECT body FROM ${table(collection)} WHERE key = ?`).get(key) : undefined
    return row ? [row.body as string] : []
  })
}
