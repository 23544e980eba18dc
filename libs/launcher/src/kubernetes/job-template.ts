import { assignmentVariables } from '@streamforge/contracts'
import { z } from 'zod'
import { containerShape, Name, NodeLabels, podShape } from './pod-shape.ts'
import { Quantity } from './quantity.ts'

/** What a further job that shares a worker's pod adds to its requests; the limit of memory grows by four times as much. */
export const eachMore = { cpu: 'streamforge.dev/each-more-cpu', memory: 'streamforge.dev/each-more-memory' } as const

/** Where each pod tells its health and metrics. */
export const workerHealthPort = 9464
/** The root is read-only: what a worker writes for itself goes to volumes that end with the pod. */
export const ownEnvironment = { DATA_DIR: '/data', HOME: '/tmp', TMPDIR: '/tmp', HEALTH_HOST: '0.0.0.0', HEALTH_PORT: String(workerHealthPort) } as const
const written = [ownEnvironment.DATA_DIR, ownEnvironment.TMPDIR]

const reserved = new Set([...Object.keys(ownEnvironment), ...assignmentVariables, 'ASSIGNMENTS'])
const Variable = z.strictObject({
  name: z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'expected a name such as NODE_OPTIONS').refine((name) => !reserved.has(name), "expected another name: this is queue-manager's to give"),
  value: z.string({ error: 'expected a text, in quotes' }),
})

const Container = z.strictObject({ ...containerShape, env: z.array(Variable).optional() }).superRefine(({ env = [], volumeMounts }, context) => {
  const report = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  for (const name of twice(env.map(({ name }) => name))) report('env', `expected ${name} once`)
  for (const path of twice(volumeMounts.map(({ mountPath }) => mountPath))) report('volumeMounts', `expected ${path} once`)
  for (const path of written.filter((path) => !volumeMounts.some(({ mountPath, readOnly }) => mountPath === path && readOnly !== true))) {
    report('volumeMounts', `expected a volume to write to at ${path}, where workers keep their files`)
  }
})

const Pod = z.strictObject({
  ...podShape,
  nodeSelector: NodeLabels.refine((labels) => !('streamforge-worker' in labels), "streamforge-worker is queue-manager's to set: leave it away").optional(),
  containers: z.tuple([Container], { error: 'expected one container, worker' }),
}).superRefine(({ volumes, containers: [{ volumeMounts }] }, context) => {
  const names = volumes.map(({ name }) => name)
  for (const name of twice(names)) context.addIssue({ code: 'custom', path: ['volumes'], message: `expected ${name} once` })
  for (const { name } of volumeMounts.filter((mount) => !names.includes(mount.name))) context.addIssue({ code: 'custom', path: ['volumes'], message: `expected the volume ${name}, which is mounted` })
})

/**
 * What the Jobs of one app are made from: a Job as Kubernetes knows it, with nothing in it but what is an operator's to say. Names, labels, the assignment,
 * retries, shards and the nodes' label are queue-manager's: a template that has them does not fit.
 */
export const JobTemplate = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  metadata: z.strictObject({ name: Name, annotations: z.strictObject({ [eachMore.cpu]: Quantity, [eachMore.memory]: Quantity }).optional() }),
  spec: z.strictObject({
    template: z.strictObject({
      metadata: z.strictObject({
        annotations: z.record(z.string().refine((key) => !/(^|\.)streamforge\.dev\//.test(key), "expected another key: annotations of streamforge.dev are queue-manager's"), z.string()),
      }).optional(),
      spec: Pod,
    }),
  }),
})
export type JobTemplate = z.infer<typeof JobTemplate>

const twice = (names: readonly string[]) => [...new Set(names.filter((name, i) => names.indexOf(name) !== i))]
