import { type GraphParameters, type RelationKind } from '@streamforge/contracts'
import type { AssetSeries } from './asset-series.ts'
import { type AssetFacts, coMentionRelations, sharedGroupRelations } from './known-relations.ts'
import { correlationRelations, leadLagRelations, type Measured, volumeVolatilityRelations } from './measured-relations.ts'
import { compareRelations, type Relation } from './relation.ts'

export interface GraphInput {
  series: AssetSeries
  /** In the order of the series' symbols. */
  assets: readonly AssetFacts[]
  /** The symbols that each article names. */
  articles: readonly (readonly string[])[]
  parameters: GraphParameters
}

export interface BuiltGraph {
  /** In the order of their keys. */
  relations: Relation[]
  /** What the data itself has decided, such as the shrinkage. */
  facts: Record<string, number>
}

/** The asset graph of one window. The same input gives the same relations, on every machine. */
export async function buildRelations(input: GraphInput): Promise<BuiltGraph> {
  const relations: Relation[] = []
  const facts: Record<string, number> = {}
  for (const kind of input.parameters.kinds) {
    const found = await relationsOf(kind, input)
    relations.push(...found.relations)
    Object.assign(facts, found.facts)
  }
  return { relations: relations.sort(compareRelations), facts }
}

async function relationsOf(kind: RelationKind, { series, assets, articles, parameters }: GraphInput): Promise<Measured> {
  switch (kind) {
    case 'correlation': return correlationRelations(series, parameters)
    case 'lead_lag': return leadLagRelations(series, parameters)
    case 'volume_volatility': return volumeVolatilityRelations(series, parameters)
    case 'sector': return { relations: sharedGroupRelations(assets), facts: {} }
    case 'co_mention': return {
      relations: coMentionRelations(series.symbols, articles, { nearest: parameters.nearest, minimum: parameters.minimum_weight }), facts: {},
    }
    default: return kind satisfies never
  }
}
