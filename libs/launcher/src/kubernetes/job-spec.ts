import { assignmentToEnv, StreamForgeError, type StartCommand } from '@streamforge/contracts'
import { JobManifest } from './job-manifest.ts'
import { labelValue, nameAnnotations, objectName, ownLabels } from './object-name.ts'
import { allowedImage, type AllowedImages } from './worker-images.ts'

export interface JobSpecOptions {
  namespace: string
  images: AllowedImages
}

/** Longer than a worker's own: 20 s to drain, and some for its last events. */
const terminationGraceSeconds = 30
/** Where each pod tells its health and metrics. */
export const workerHealthPort = 9464

/**
 * The Job of an assignment. A pod that has ended by itself is not started again by Kubernetes: queue-manager alone knows how far it came,
 * and launches the next attempt from there. One that vanished without an exit status may start twice; that changes nothing in what is stored.
 * @throws StreamForgeError IMAGE_NOT_ALLOWED; LAUNCH_FAILED when the assignment does not fit a Job
 */
export function jobSpec(start: StartCommand, { namespace, images }: JobSpecOptions): JobManifest {
  const { app, worker } = allowedImage(start.image, images)
  const labels = {
    ...ownLabels, 'app.kubernetes.io/name': app, queue_id: labelValue(start.queue_id), target: labelValue(start.target), attempt: String(start.attempt),
  }
  const shards = podsOf(start)
  const manifest = {
    apiVersion: 'batch/v1', kind: 'Job',
    metadata: { name: objectName(start), namespace, labels, annotations: nameAnnotations(start) },
    spec: {
      backoffLimit: 2, ttlSecondsAfterFinished: 3600,
      ...(shards > 1 && { completionMode: 'Indexed', completions: shards, parallelism: shards }),
      podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { containerName: 'worker', operator: 'NotIn', values: [0] } }] },
      template: {
        metadata: { labels, annotations: nameAnnotations(start) },
        spec: {
          restartPolicy: 'Never', nodeSelector: { 'streamforge-worker': 'true' }, automountServiceAccountToken: false, enableServiceLinks: false,
          terminationGracePeriodSeconds: terminationGraceSeconds,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [{
            name: 'worker', image: start.image, imagePullPolicy: 'IfNotPresent', ...(worker.command && { command: [...worker.command] }),
            envFrom: [{ configMapRef: { name: 'streamforge' } }, { secretRef: { name: 'streamforge' } }],
            env: environment(start, { ...ownEnvironment, ...worker.env }, shards > 1),
            resources: { requests: { cpu: worker.resources.cpu, memory: worker.resources.memory }, limits: { memory: worker.resources.memoryLimit } },
            securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
            terminationMessagePolicy: 'FallbackToLogsOnError',
            volumeMounts: [{ name: 'data', mountPath: '/data' }, { name: 'tmp', mountPath: '/tmp' }],
          }],
          volumes: [{ name: 'data', emptyDir: { sizeLimit: '2Gi' } }, { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } }],
        },
      },
    },
  }
  const checked = JobManifest.safeParse(manifest)
  if (checked.success) return checked.data
  throw new StreamForgeError('LAUNCH_FAILED', `no Job can be made of ${start.queue_id} ${start.target}: ${checked.error.message}`, { cause: checked.error })
}

/** History that is cut into shards is loaded by a pod for each. */
export const podsOf = ({ target, shards }: Pick<StartCommand, 'target' | 'shards'>) => (target === 'loader-producer' ? Math.max(1, shards.length) : 1)

/** The root is read-only: what a worker writes for itself goes to volumes that end with the pod. */
const ownEnvironment = { DATA_DIR: '/data', HOME: '/tmp', TMPDIR: '/tmp', HEALTH_HOST: '0.0.0.0', HEALTH_PORT: String(workerHealthPort) }

function environment(start: StartCommand, more: Readonly<Record<string, string>>, indexed: boolean) {
  const values = Object.entries({ ...more, ...assignmentToEnv(start) }).map(([name, value]) => ({ name, value: literal(value) }))
  if (!indexed) return values
  const fieldPath = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
  return [...values, { name: 'SHARD_INDEX', valueFrom: { fieldRef: { fieldPath } } }]
}

/** Kubernetes would put other variables in place of `$(NAME)`; twice the sign stands for itself. */
const literal = (value: string) => value.replaceAll('$(', '$$$$(')
