import { createHash } from 'node:crypto'
import { type GraphVersion, RelationKind } from '@streamforge/contracts'
import { compareRelations, type Relation } from './relation.ts'

/** `kind,source,target,directed,weight,lag`: directed as 1 or 0, the weight with six decimals, an empty lag where there is none. */
export function canonicalRelation({ kind, source, target, directed, weight, lag_bars }: Relation): string {
  return `${kind},${source},${target},${directed ? 1 : 0},${weight.toFixed(6)},${lag_bars ?? ''}`
}

/** SHA-256 over the canonical lines in the order of the relations' keys, each ended by a newline. */
export function hashRelations(relations: readonly Relation[]): string {
  const hash = createHash('sha256')
  for (const relation of relations.toSorted(compareRelations)) hash.update(`${canonicalRelation(relation)}\n`)
  return `sha256:${hash.digest('hex')}`
}

/** Density and degree count pairs of assets that are related in any way. */
export function summariseGraph(symbols: readonly string[], relations: readonly Relation[]): GraphVersion['statistics'] {
  const pairs = new Set(relations.map(({ source, target }) => (source < target ? `${source} ${target}` : `${target} ${source}`)))
  const related = new Set(relations.flatMap(({ source, target }) => [source, target]))
  const n = symbols.length
  return {
    vertices: n, edges: relations.length, isolated: symbols.filter((symbol) => !related.has(symbol)).length,
    density: n < 2 ? 0 : pairs.size / ((n * (n - 1)) / 2), mean_degree: n === 0 ? 0 : (2 * pairs.size) / n,
    kinds: Object.fromEntries(RelationKind.options.flatMap((kind) => {
      const weights = relations.filter((relation) => relation.kind === kind).map(({ weight }) => weight)
      return weights.length === 0 ? [] : [[kind, summariseWeights(weights)]]
    })),
  }
}

function summariseWeights(weights: readonly number[]) {
  const sorted = Float64Array.from(weights).sort()
  return { edges: weights.length, mean_weight: sorted.reduce((sum, weight) => sum + weight, 0) / weights.length, minimum_weight: sorted[0]!, maximum_weight: sorted.at(-1)! }
}
