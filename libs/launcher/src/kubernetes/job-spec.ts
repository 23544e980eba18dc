import { Assignment, assignmentToEnv, StreamForgeError, type StartCommand } from '@streamforge/contracts'
import { JobManifest, workerNodes } from './job-manifest.ts'
import { ownEnvironment, type JobTemplate } from './job-template.ts'
import { groupAnnotations, groupLabel, groupName, labelValue, nameAnnotations, objectName, ownLabels } from './object-name.ts'
import { allowedImage, resourcesFor, type AllowedImages } from './worker-images.ts'

export interface JobSpecOptions {
  namespace: string
  images: AllowedImages
}

/**
 * The Job of an assignment: its app's template, with all that is ours to say. A pod that has ended by itself is not started again by Kubernetes:
 * queue-manager alone knows how far it came, and launches the next attempt from there. One that vanished without an exit status may start twice; that changes nothing in what is stored.
 * @throws StreamForgeError IMAGE_NOT_ALLOWED; LAUNCH_FAILED when the assignment does not fit a Job
 */
export function jobSpec(start: StartCommand, { namespace, images }: JobSpecOptions): JobManifest {
  const { app, template } = allowedImage(start.image, images)
  return manifestOf({
    app, template, namespace, image: start.image, name: objectName(start), annotations: nameAnnotations(start), env: assignmentToEnv(start), jobs: 1, shards: podsOf(start),
    labels: { queue_id: labelValue(start.queue_id), target: labelValue(start.target), attempt: String(start.attempt) },
  })
}

/**
 * The Job of several assignments, whose pod finds them as a list in ASSIGNMENTS. None of them may have shards of its own.
 * @throws StreamForgeError as {@link jobSpec}; LAUNCH_FAILED when they are of several images or targets
 */
export function groupSpec(starts: readonly [StartCommand, StartCommand, ...StartCommand[]], { namespace, images }: JobSpecOptions): JobManifest {
  const [{ image, target }] = starts
  if (starts.some((start) => start.image !== image || start.target !== target || podsOf(start) > 1)) {
    throw new StreamForgeError('LAUNCH_FAILED', `jobs of several images or targets, or with shards, cannot share the Job of ${starts[0].queue_id}`, { remedy: 'launch each alone' })
  }
  const { app, template } = allowedImage(image, images)
  return manifestOf({
    app, template, namespace, image, name: groupName(starts), annotations: groupAnnotations(starts), jobs: starts.length, shards: 1,
    env: { ASSIGNMENTS: JSON.stringify(starts.map((start) => Assignment.strip().parse(start))) },
    labels: { target: labelValue(target), [groupLabel]: String(starts.length) },
  })
}

interface ManifestParts {
  app: string
  template: JobTemplate
  namespace: string
  image: string
  name: string
  labels: Readonly<Record<string, string>>
  annotations: Record<string, string>
  env: Readonly<Record<string, string>>
  /** That share the pod. */
  jobs: number
  /** Pods, of a job's shards. */
  shards: number
}

function manifestOf({ app, template, namespace, image, name, annotations, env, jobs, shards, ...more }: ManifestParts): JobManifest {
  const labels = { ...ownLabels, 'app.kubernetes.io/name': app, ...more.labels }
  const { metadata, spec: { containers: [{ env: templateEnv = [], ...container }], ...pod } } = template.spec.template
  const manifest = {
    apiVersion: 'batch/v1', kind: 'Job',
    metadata: { name, namespace, labels, annotations },
    spec: {
      backoffLimit: 2, ttlSecondsAfterFinished: 3600,
      ...(shards > 1 && { completionMode: 'Indexed', completions: shards, parallelism: shards }),
      podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { containerName: 'worker', operator: 'NotIn', values: [0] } }] },
      template: {
        metadata: { labels, annotations: { ...metadata?.annotations, ...annotations } },
        spec: {
          ...pod, nodeSelector: { ...pod.nodeSelector, ...workerNodes }, automountServiceAccountToken: false, enableServiceLinks: false,
          containers: [{
            ...container, image, resources: resourcesFor(template, jobs), terminationMessagePolicy: 'FallbackToLogsOnError',
            // Of Kafka each app is a user of its own; on a broker that asks for no names there is no such Secret.
            envFrom: [{ configMapRef: { name: 'streamforge' } }, { secretRef: { name: 'streamforge' } }, { secretRef: { name: `kafka-${app}`, optional: true } }],
            env: environment({ ...ownEnvironment, ...Object.fromEntries(templateEnv.map(({ name, value }) => [name, value])), ...env }, shards > 1),
          }],
        },
      },
    },
  }
  const checked = JobManifest.safeParse(manifest)
  if (checked.success) return checked.data
  throw new StreamForgeError('LAUNCH_FAILED', `no Job ${name} can be made: ${checked.error.message}`, { cause: checked.error })
}

/** History that is cut into shards is loaded by a pod for each. */
export const podsOf = ({ target, shards }: Pick<StartCommand, 'target' | 'shards'>) => (target === 'loader-producer' ? Math.max(1, shards.length) : 1)

function environment(variables: Readonly<Record<string, string>>, indexed: boolean) {
  const values = Object.entries(variables).map(([name, value]) => ({ name, value: literal(value) }))
  if (!indexed) return values
  const fieldPath = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
  return [...values, { name: 'SHARD_INDEX', valueFrom: { fieldRef: { fieldPath } } }]
}

/** Kubernetes would put other variables in place of `$(NAME)`; twice the sign stands for itself. */
const literal = (value: string) => value.replaceAll('$(', '$$$$(')
