import { z } from 'zod'
import { QueueId } from './names.ts'
import { Epoch } from './records.ts'

/** Consumers that can run as a shadow: what they make can be compared by key. */
export const canaryApps = ['processor', 'predictor', 'arango-connector'] as const
export const CanaryApp = z.enum(canaryApps)
export type CanaryApp = z.infer<typeof CanaryApp>

/** What is a shadow's own has a name that begins like this, or goes on like this after its service's: Kafka's rules know beginnings only. */
export const shadowPrefix = 'canary-'
/** `canary-wf-all-features_5m-20250301-a1b2c3-ffffff`, of which topic and consumer groups are named. */
export const shadowQueueId = (queueId: string, suffix: string) => `${shadowPrefix}${queueId}-${suffix}`

/** As images are tagged: `v0.2.0`. */
export const ReleaseVersion = z.string().regex(/^v[0-9][0-9A-Za-z.-]{0,62}$/)

export const CanaryDifference = z.strictObject({
  key: z.string(),
  field: z.string().describe('Path within the record, such as values.3'),
  current: z.unknown(),
  shadow: z.unknown(),
})
export type CanaryDifference = z.infer<typeof CanaryDifference>

/** Milliseconds from a record's event time to its publishing, of records made live. */
export const CanaryLatency = z.strictObject({ records: z.int().nonnegative(), p50: z.number(), p95: z.number() })

/** How the outputs of two versions compare, by key. */
export const CanaryComparison = z.strictObject({
  compared: z.int().nonnegative().describe('Keys that both have'),
  equal: z.int().nonnegative(),
  within_tolerance: z.int().nonnegative().describe('Not equal, but no number further apart than the tolerance'),
  different: z.int().nonnegative(),
  missing: z.int().nonnegative().describe('Keys that only the current version has'),
  extra: z.int().nonnegative().describe('Keys that only the shadow has'),
  largest: z.number().nonnegative().describe('Relative distance of the two numbers furthest apart'),
  differences: z.array(CanaryDifference).describe('The first, of different records'),
  missing_keys: z.array(z.string()), extra_keys: z.array(z.string()),
  latency: z.strictObject({ current: CanaryLatency, shadow: CanaryLatency }).optional().describe('Of live data only'),
  slower: z.boolean().describe('The shadow is later than allowed'),
  agree: z.boolean(),
})
export type CanaryComparison = z.infer<typeof CanaryComparison>

/** What a canary came to. In the collection `canaries`. */
export const CanaryReport = z.strictObject({
  _key: z.string(), app: CanaryApp, version: ReleaseVersion, queue_id: QueueId, shadow_queue_id: QueueId,
  tolerance: z.number().nonnegative(),
  comparison: CanaryComparison,
  verdict: z.enum(['promoted', 'accepted', 'refused', 'agreed']).describe('accepted: promoted in spite of a difference; agreed: equal, and not to be promoted yet'),
  started_at: Epoch, finished_at: Epoch,
})
export type CanaryReport = z.infer<typeof CanaryReport>

/** The version of an app that jobs are launched with from now on, instead of IMAGE_VERSION. In the collection `releases`, keyed by the app. */
export const Release = z.strictObject({
  _key: CanaryApp, app: CanaryApp, version: ReleaseVersion, canary: z.string().describe('Key of its report'), promoted_at: Epoch,
})
export type Release = z.infer<typeof Release>
