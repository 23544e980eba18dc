import { z } from 'zod'
import { amountOf, Quantity } from './quantity.ts'

export const Name = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/, 'expected a name or label of at most 63 letters, digits, - _ .')
const QualifiedName = z.string().regex(/^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/, 'expected a key such as kubernetes.io/arch')

/** `cpu`, `memory`, `ephemeral-storage`, and what devices' plugins count, such as `nvidia.com/gpu`. */
const ResourceName = z.string().regex(/^(cpu|memory|ephemeral-storage|[a-z0-9.-]+\/[A-Za-z0-9._-]+)$/, 'expected cpu, memory, ephemeral-storage or a resource such as nvidia.com/gpu')
const isDevice = (resource: string) => resource.includes('/')

/** What a container asks for and may take. Kubernetes refuses the same, but not before there is a Job. */
export const Resources = z.strictObject({
  requests: z.record(ResourceName, Quantity).and(z.object({ cpu: Quantity, memory: Quantity })),
  limits: z.record(ResourceName, Quantity).and(z.object({ memory: Quantity })),
}).superRefine(({ requests, limits }, context) => {
  for (const [name, asked] of Object.entries(requests)) {
    const limit = limits[name]
    if (isDevice(name) ? limit === undefined || amountOf(limit) !== amountOf(asked) : limit !== undefined && amountOf(limit) < amountOf(asked)) {
      context.addIssue({ code: 'custom', path: ['requests', name], message: isDevice(name) ? 'expected what limits say: devices are not lent' : `expected no more than the limit, ${limit}` })
    }
  }
})
export type Resources = z.infer<typeof Resources>

const runAs = { runAsUser: z.int().positive().optional(), runAsGroup: z.int().positive().optional() }

/** What a worker's container may say of itself, beside image and environment. */
export const containerShape = {
  name: z.literal('worker'),
  image: z.string().min(1),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
  command: z.array(z.string()).min(1).optional(),
  resources: Resources,
  securityContext: z.strictObject({
    ...runAs, runAsNonRoot: z.literal(true).optional(),
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.strictObject({ name: Name, mountPath: z.string().regex(/^\/[^:]+$/, 'expected an absolute path'), readOnly: z.boolean().optional(), subPath: z.string().min(1).optional() })),
}

/** Of the authority's Secret nothing but its certificate: a key may lie beside it. No other Secret is a worker's to see as a file. */
const Authorities = z.strictObject({
  name: z.literal('authorities'),
  secret: z.strictObject({ secretName: z.literal('streamforge-ca'), optional: z.literal(true), items: z.tuple([z.strictObject({ key: z.literal('ca.crt'), path: z.literal('ca.crt') })]) }),
})
const Volume = z.union([
  z.strictObject({ name: Name, emptyDir: z.strictObject({ sizeLimit: Quantity, medium: z.literal('Memory').optional() }) }),
  z.strictObject({ name: Name, persistentVolumeClaim: z.strictObject({ claimName: Name, readOnly: z.boolean().optional() }) }),
  z.strictObject({ name: Name, configMap: z.strictObject({ name: Name, optional: z.boolean().optional() }) }),
  Authorities,
], { error: "expected an emptyDir with its sizeLimit, a persistentVolumeClaim, a configMap, or the volume authorities as it is in k8s/base" })

/** Keys and values of labels. */
export const NodeLabels = z.record(QualifiedName, z.union([Name, z.literal('')]))

const Toleration = z.strictObject({
  key: QualifiedName.optional(), operator: z.enum(['Equal', 'Exists']).optional(), value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(), tolerationSeconds: z.int().min(0).optional(),
})

/** Seconds that a worker takes at most to drain, and some for its last events. */
const shortestGrace = 25

/** What a worker's pod may say of itself, beside its container. */
export const podShape = {
  restartPolicy: z.literal('Never'),
  terminationGracePeriodSeconds: z.int().min(shortestGrace, `expected at least ${shortestGrace}: a worker drains for 20 s and tells its last events`),
  tolerations: z.array(Toleration).optional(),
  priorityClassName: Name.optional(),
  runtimeClassName: Name.optional(),
  imagePullSecrets: z.array(z.strictObject({ name: Name })).optional(),
  securityContext: z.strictObject({
    ...runAs, runAsNonRoot: z.literal(true), fsGroup: z.int().positive().optional(), fsGroupChangePolicy: z.enum(['Always', 'OnRootMismatch']).optional(),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  volumes: z.array(Volume),
}
