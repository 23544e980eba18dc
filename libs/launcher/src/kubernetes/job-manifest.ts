import { z } from 'zod'

const quantity = z.string().regex(/^\d+(\.\d+)?(m|Ki|Mi|Gi)?$/)
const label = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/)
const Labels = z.record(z.string(), label)

/** What one app's pods are given: CPU in cores (`250m` is a quarter), memory in bytes (`256Mi`). */
export const JobResources = z.strictObject({ cpu: quantity, memory: quantity, memoryLimit: quantity })
export type JobResources = z.infer<typeof JobResources>

const EnvVar = z.union([
  z.strictObject({ name: z.string().regex(/^[A-Z][A-Z0-9_]*$/), value: z.string() }),
  z.strictObject({ name: z.literal('SHARD_INDEX'), valueFrom: z.strictObject({ fieldRef: z.strictObject({ fieldPath: z.string() }) }) }),
])

const Container = z.strictObject({
  name: z.literal('worker'),
  image: z.string().min(1),
  imagePullPolicy: z.literal('IfNotPresent'),
  command: z.array(z.string()).min(1).optional(),
  envFrom: z.tuple([
    z.strictObject({ configMapRef: z.strictObject({ name: label }) }),
    z.strictObject({ secretRef: z.strictObject({ name: label }) }),
    z.strictObject({ secretRef: z.strictObject({ name: label, optional: z.literal(true) }) }),
  ]),
  env: z.array(EnvVar),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: quantity, memory: quantity }),
    limits: z.strictObject({ memory: quantity }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  terminationMessagePolicy: z.literal('FallbackToLogsOnError'),
  volumeMounts: z.array(z.union([
    z.strictObject({ name: z.string(), mountPath: z.enum(['/data', '/tmp']) }),
    z.strictObject({ name: z.literal('authorities'), mountPath: z.literal('/etc/streamforge'), readOnly: z.literal(true) }),
  ])),
})

/** Of the authority's Secret nothing but its certificate: a key may lie beside it. */
const Authorities = z.strictObject({
  name: z.literal('authorities'),
  secret: z.strictObject({ secretName: z.literal('streamforge-ca'), optional: z.literal(true), items: z.tuple([z.strictObject({ key: z.literal('ca.crt'), path: z.literal('ca.crt') })]) }),
})

const PodTemplate = z.strictObject({
  metadata: z.strictObject({ labels: Labels, annotations: z.record(z.string(), z.string()) }),
  spec: z.strictObject({
    restartPolicy: z.literal('Never'),
    nodeSelector: z.strictObject({ 'streamforge-worker': z.literal('true') }),
    automountServiceAccountToken: z.literal(false),
    enableServiceLinks: z.literal(false),
    terminationGracePeriodSeconds: z.int().positive(),
    securityContext: z.strictObject({
      runAsNonRoot: z.literal(true),
      seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
    }),
    containers: z.tuple([Container]),
    volumes: z.array(z.union([z.strictObject({ name: z.string(), emptyDir: z.strictObject({ sizeLimit: quantity }) }), Authorities])),
  }),
})

/**
 * Everything that a worker's Job may hold, and nothing else: an object that does not fit is not sent. A user's request reaches it as
 * values of variables only.
 */
export const JobManifest = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  metadata: z.strictObject({ name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,55}[a-z0-9])?$/), namespace: label, labels: Labels, annotations: z.record(z.string(), z.string()) }),
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
