import type { AssetRelation } from '@streamforge/contracts'

/** A relation between two assets, wherever it may be stored. Of one that has no direction the source is the lower symbol. */
export type Relation = Pick<AssetRelation, 'kind' | 'source' | 'target' | 'directed' | 'weight' | 'lag_bars'>

/** Weights are kept to six decimals: what lies below is noise of the estimate. */
export const roundWeight = (weight: number) => Math.max(-1, Math.min(1, Math.round(weight * 1e6) / 1e6)) || 0

/** @param places of the two assets among the symbols */
export function undirected(kind: Relation['kind'], symbols: readonly string[], [i, j]: readonly [number, number], weight: number): Relation {
  const [source, target] = symbols[i]! < symbols[j]! ? [symbols[i]!, symbols[j]!] : [symbols[j]!, symbols[i]!]
  return { kind, source, target, directed: false, weight: roundWeight(weight) }
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** The order of their keys in the store. */
export const compareRelations = (a: Relation, b: Relation) => byText(relationName(a), relationName(b))

/** A relation's key without its version. */
export const relationName = ({ kind, source, target }: Relation) => `${kind}_${source}_${target}`
