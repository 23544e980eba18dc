import type { ClusterApi } from './cluster-api.ts'
import { recordEnd } from './job-state.ts'
import { annotations } from './object-name.ts'
import type { ObservedJob, ObservedPod } from './observed.ts'

/** A Job made anew under a name meets pods of its predecessor: only the uid tells them apart. */
const controllerLabel = 'batch.kubernetes.io/controller-uid'

export const podsOfJob = (job: ObservedJob, pods: readonly ObservedPod[]) => pods.filter((pod) => pod.metadata.labels[controllerLabel] === job.metadata.uid)

/** Ends a Job that cannot end by itself, with the reason for good: its deadline is over, and Kubernetes takes its pods away. */
export async function endJob(api: ClusterApi, job: ObservedJob, reason: string): Promise<void> {
  await api.patchJob(job.metadata.name, {
    annotations: { [annotations.end]: recordEnd({ status: 'failed', exitCode: undefined, signal: undefined, reason }) }, activeDeadlineSeconds: 1,
  })
}
