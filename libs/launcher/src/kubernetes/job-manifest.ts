import { z } from 'zod'
import { containerShape, Name, NodeLabels, podShape } from './pod-shape.ts'

const Labels = z.record(z.string(), Name)

const EnvVar = z.union([
  z.strictObject({ name: z.string().regex(/^[A-Z][A-Z0-9_]*$/), value: z.string() }),
  z.strictObject({ name: z.literal('SHARD_INDEX'), valueFrom: z.strictObject({ fieldRef: z.strictObject({ fieldPath: z.string() }) }) }),
])

const Container = z.strictObject({
  ...containerShape,
  envFrom: z.tuple([
    z.strictObject({ configMapRef: z.strictObject({ name: Name }) }),
    z.strictObject({ secretRef: z.strictObject({ name: Name }) }),
    z.strictObject({ secretRef: z.strictObject({ name: Name, optional: z.literal(true) }) }),
  ]),
  env: z.array(EnvVar),
  terminationMessagePolicy: z.literal('FallbackToLogsOnError'),
})

/** Which nodes take workers at all; a template may ask for more. */
export const workerNodes = { 'streamforge-worker': 'true' } as const

const PodTemplate = z.strictObject({
  metadata: z.strictObject({ labels: Labels, annotations: z.record(z.string(), z.string()) }),
  spec: z.strictObject({
    ...podShape,
    nodeSelector: NodeLabels.and(z.object({ 'streamforge-worker': z.literal(workerNodes['streamforge-worker']) })),
    automountServiceAccountToken: z.literal(false),
    enableServiceLinks: z.literal(false),
    containers: z.tuple([Container]),
  }),
})

/**
 * Everything that a worker's Job may hold, and nothing else: an object that does not fit is not sent. A user's request reaches it as
 * values of variables only.
 */
export const JobManifest = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  metadata: z.strictObject({ name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,55}[a-z0-9])?$/), namespace: Name, labels: Labels, annotations: z.record(z.string(), z.string()) }),
  spec: z.strictObject({
    backoffLimit: z.literal(2),
    ttlSecondsAfterFinished: z.literal(3600),
    completionMode: z.literal('Indexed').optional(),
    completions: z.int().min(2).optional(),
    parallelism: z.int().min(2).optional(),
    podFailurePolicy: z.strictObject({
      rules: z.tuple([z.strictObject({
        action: z.literal('FailJob'),
        onExitCodes: z.strictObject({ containerName: z.literal('worker'), operator: z.literal('NotIn'), values: z.tuple([z.literal(0)]) }),
      })]),
    }),
    template: PodTemplate,
  }),
})
export type JobManifest = z.infer<typeof JobManifest>
