import type { RelationKind } from '@streamforge/contracts'
import type { AssetRelations } from '../panel.ts'
import type { Relation } from './relation.ts'

/**
 * Relations as matrices for a network: `weights[k][i * N + j]` from j to i, 0 where there is none. Relations without direction stand both ways;
 * those of assets that are not among `symbols` are left out.
 * @param kinds in this order; those without a relation have a matrix of zeros
 */
export function toAssetRelations(relations: readonly Relation[], symbols: readonly string[], kinds: readonly RelationKind[]): AssetRelations {
  const place = new Map(symbols.map((symbol, i) => [symbol, i]))
  const n = symbols.length
  const weights = kinds.map(() => new Float32Array(n * n))
  for (const { kind, source, target, directed, weight } of relations) {
    const matrix = weights[kinds.indexOf(kind)]
    const [from, to] = [place.get(source), place.get(target)]
    if (!matrix || from === undefined || to === undefined) continue
    matrix[to * n + from] = weight
    if (!directed) matrix[from * n + to] = weight
  }
  return { kinds, weights }
}
