import { nearestPairs } from './nearest.ts'
import { type Relation, undirected } from './relation.ts'

/** What is known of an asset without looking at its prices. */
export interface AssetFacts {
  symbol: string
  sector?: string | undefined
  industry?: string | undefined
  baseAsset?: string | undefined
  quoteAsset?: string | undefined
}

/** How near what they share brings two assets. */
const SHARED = { industry: 1, baseAsset: 1, sector: 0.5, quoteAsset: 0.25 } as const

/**
 * Assets that share their industry or base asset (1), else their sector (0.5), else their quote asset (0.25). What all assets have in
 * common relates none of them.
 */
export function sharedGroupRelations(assets: readonly AssetFacts[]): Relation[] {
  const telling = (Object.keys(SHARED) as (keyof typeof SHARED)[]).filter((field) => new Set(assets.map((asset) => asset[field])).size > 1)
  const symbols = assets.map(({ symbol }) => symbol)
  return assets.flatMap((a, i) => assets.slice(i + 1).flatMap((b, k) => {
    const shared = telling.filter((field) => a[field] !== undefined && a[field] === b[field]).map((field) => SHARED[field])
    return shared.length === 0 ? [] : [undirected('sector', symbols, [i, i + 1 + k], Math.max(...shared))]
  }))
}

/**
 * Assets named in the same articles: how many name both, divided by the root of how many name each (the cosine of Salton).
 * @param articles the symbols that each article names
 */
export function coMentionRelations(
  symbols: readonly string[], articles: readonly (readonly string[])[], { nearest, minimum }: { nearest: number; minimum: number },
): Relation[] {
  const place = new Map(symbols.map((symbol, i) => [symbol, i]))
  const n = symbols.length
  const counts = new Float64Array(n * n)
  for (const article of articles) {
    const named = [...new Set(article)].flatMap((symbol) => place.get(symbol) ?? [])
    for (const i of named) for (const j of named) counts[i * n + j]!++
  }
  const weight = (i: number, j: number) => counts[i * n + j]! / Math.sqrt(counts[i * n + i]! * counts[j * n + j]!) || 0
  return nearestPairs(n, weight, { nearest, minimum }).map(([i, j]) => undirected('co_mention', symbols, [i, j], weight(i, j)))
}
