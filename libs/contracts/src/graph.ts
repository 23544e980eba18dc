import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { Interval } from './interval.ts'
import { QueueId, Symbol, Venue, WorkflowId } from './names.ts'

/** The asset graph: vertices are assets, edges are relations of several kinds, one version a window. */
export const assetGraph = { name: 'asset_graph', vertices: 'assets', edges: 'asset_relations', versions: 'graph_versions' } as const

export const RelationKind = z.enum(['correlation', 'lead_lag', 'volume_volatility', 'sector', 'co_mention'])
  .describe('correlation: of returns; lead_lag: the source moves first; volume_volatility: co-movement of volume and volatility; '
    + 'sector: same sector, industry or quote asset; co_mention: named in the same news')
export type RelationKind = z.infer<typeof RelationKind>

export const Asset = z.strictObject({
  _key: z.string().describe('`<venue>_<symbol>`'),
  venue: Venue, symbol: Symbol,
  sector: z.string().optional(), industry: z.string().optional(),
})
export type Asset = z.infer<typeof Asset>

export const AssetRelation = z.strictObject({
  _key: z.string().describe('`<version>_<kind>_<source>_<target>`'),
  _from: z.string(), _to: z.string(),
  version: z.string(), kind: RelationKind,
  source: Symbol, target: Symbol,
  directed: z.boolean(),
  weight: z.number().describe('-1..1'),
  lag_bars: z.int().positive().optional().describe('lead_lag: by how many bars the target follows'),
  from: Epoch, to: Epoch,
})
export type AssetRelation = z.infer<typeof AssetRelation>

export const GraphVersion = z.strictObject({
  _key: z.string(),
  version: z.string().describe('`<queue suffix>_<interval>_<window end>`; deterministic'),
  queue_id: QueueId, workflow_id: WorkflowId,
  venue: Venue,
  interval: Interval,
  from: Epoch, to: Epoch.describe('Window of bars, `to` excluded; nothing known after `to` was used'),
  symbols: z.array(Symbol),
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  statistics: z.strictObject({
    vertices: z.int().nonnegative(), edges: z.int().nonnegative(), isolated: z.int().nonnegative(), density: z.number(), mean_degree: z.number(),
    kinds: z.partialRecord(RelationKind, z.strictObject({ edges: z.int().nonnegative(), mean_weight: z.number(), minimum_weight: z.number(), maximum_weight: z.number() })),
  }),
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/).describe('Over the relations as canonical lines in key order'),
  created_at: Epoch,
})
export type GraphVersion = z.infer<typeof GraphVersion>

/** GET /api/graphs: versions, the newest window first. */
export const GraphsQuery = z.strictObject({
  workflow_id: WorkflowId.optional(),
  interval: Interval.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
})
export const GraphParams = z.strictObject({ version: z.string().min(1).max(200) })
export const GraphList = z.strictObject({ versions: z.array(GraphVersion) })
export type GraphList = z.infer<typeof GraphList>
export const GraphAnswer = z.strictObject({ version: GraphVersion, assets: z.array(Asset), relations: z.array(AssetRelation) })
export type GraphAnswer = z.infer<typeof GraphAnswer>
