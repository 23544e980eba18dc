import { z } from 'zod'

/** What is read of the API server's objects; everything else in them is left alone. */
const Condition = z.object({
  type: z.string(), status: z.string(), reason: z.string().optional(), message: z.string().optional(),
})

const Metadata = z.object({
  name: z.string(), uid: z.string(), resourceVersion: z.string().optional(), creationTimestamp: z.coerce.date(), deletionTimestamp: z.coerce.date().optional(),
  labels: z.record(z.string(), z.string()).default({}), annotations: z.record(z.string(), z.string()).default({}),
})

export const ObservedJob = z.object({
  metadata: Metadata,
  status: z.object({
    active: z.number().default(0), ready: z.number().default(0), succeeded: z.number().default(0), failed: z.number().default(0),
    conditions: z.array(Condition).default([]),
  }).default({ active: 0, ready: 0, succeeded: 0, failed: 0, conditions: [] }),
})
export type ObservedJob = z.infer<typeof ObservedJob>

const ContainerState = z.object({
  waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  running: z.object({}).optional(),
  terminated: z.object({ exitCode: z.number(), signal: z.number().optional(), reason: z.string().optional(), message: z.string().optional() }).optional(),
})
export type ContainerState = z.infer<typeof ContainerState>

export const ObservedPod = z.object({
  metadata: Metadata,
  status: z.object({
    phase: z.string().default('Pending'), reason: z.string().optional(), message: z.string().optional(),
    conditions: z.array(Condition).default([]),
    containerStatuses: z.array(z.object({ name: z.string(), state: ContainerState.default({}) })).default([]),
  }).default({ phase: 'Pending', conditions: [], containerStatuses: [] }),
})
export type ObservedPod = z.infer<typeof ObservedPod>

export const ObservedEvent = z.object({
  type: z.string().optional(), reason: z.string().optional(), message: z.string().optional(), lastTimestamp: z.coerce.date().nullish(),
  eventTime: z.coerce.date().nullish(),
})
export type ObservedEvent = z.infer<typeof ObservedEvent>

/** The state of the pod's one container; empty before it has one. */
export const workerState = (pod: ObservedPod): ContainerState => pod.status.containerStatuses.find((c) => c.name === 'worker')?.state ?? {}
/** Its program ran, or runs. */
export const hasStarted = (pod: ObservedPod) => workerState(pod).running !== undefined || workerState(pod).terminated !== undefined
/** Nothing of it runs any more. */
export const isOver = (pod: ObservedPod) => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
