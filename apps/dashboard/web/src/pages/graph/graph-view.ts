import type { AssetRelation, GraphVersion, RelationKind } from '@streamforge/contracts'

export const kindNames: Record<RelationKind, string> = {
  correlation: 'Correlation', lead_lag: 'Lead and lag', volume_volatility: 'Volume and volatility', sector: 'Sector', co_mention: 'Named together',
}
export const kinds = Object.keys(kindNames) as RelationKind[]

export interface Filter { kinds: ReadonlySet<RelationKind>; minimum: number }

/** Relations that are shown: of these kinds, and at least so strong, whatever their sign. */
export const filterRelations = (relations: readonly AssetRelation[], { kinds: chosen, minimum }: Filter) =>
  relations.filter(({ kind, weight }) => chosen.has(kind) && Math.abs(weight) >= minimum)

/** Windows of one stage, the oldest first; the stage with the newest window first. */
export interface WindowSeries { queueId: string; versions: GraphVersion[] }

export function windowSeries(versions: readonly GraphVersion[]): WindowSeries[] {
  const groups = Map.groupBy(versions, (v) => v.queue_id)
  return [...groups.entries()].map(([queueId, of]) => ({ queueId, versions: of.toSorted((a, b) => a.to - b.to) })).sort((a, b) => b.versions.at(-1)!.created_at - a.versions.at(-1)!.created_at)
}

export interface Neighbour { symbol: string; relation: AssetRelation; way: 'both' | 'leads' | 'follows' }

/** Who an asset is related to, the strongest first; with a direction, which of the two moves first. */
export function neighboursOf(symbol: string, relations: readonly AssetRelation[]): Neighbour[] {
  return relations.flatMap((relation): Neighbour[] => {
    if (relation.source === symbol) return [{ symbol: relation.target, relation, way: relation.directed ? 'leads' : 'both' }]
    return relation.target === symbol ? [{ symbol: relation.source, relation, way: relation.directed ? 'follows' : 'both' }] : []
  }).sort((a, b) => Math.abs(b.relation.weight) - Math.abs(a.relation.weight))
}

/** Of each pair of assets its strongest relation: what holds them together in the picture. */
export function strongestPairs(relations: readonly AssetRelation[]): { source: string; target: string; strength: number }[] {
  const pairs = new Map<string, { source: string; target: string; strength: number }>()
  for (const { source, target, weight } of relations) {
    const [a, b] = source < target ? [source, target] : [target, source]
    const strength = Math.abs(weight)
    if (strength > (pairs.get(`${a} ${b}`)?.strength ?? -1)) pairs.set(`${a} ${b}`, { source: a, target: b, strength })
  }
  return [...pairs.values()]
}

export interface Place { x: number; y: number }
const directions: Record<string, Place> = { ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 }, ArrowUp: { x: 0, y: -1 }, ArrowDown: { x: 0, y: 1 } }

/** Where an arrow key leads from an asset: to the nearest one that lies more in that direction than aside of it. */
export function towards(key: string, from: string, places: ReadonlyMap<string, Place>): string | undefined {
  const direction = directions[key]
  const start = places.get(from)
  if (!direction || !start) return undefined
  let found: { symbol: string; far: number } | undefined
  for (const [symbol, { x, y }] of places) {
    const [dx, dy] = [x - start.x, y - start.y]
    const along = dx * direction.x + dy * direction.y
    const aside = Math.abs(dx * direction.y - dy * direction.x)
    const far = along + 2 * aside
    if (symbol !== from && along > 0 && aside <= along && far < (found?.far ?? Number.POSITIVE_INFINITY)) found = { symbol, far }
  }
  return found?.symbol
}
export const isArrow = (key: string) => key in directions
