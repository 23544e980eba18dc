import { hasStarted, isOver, workerState, type ObservedEvent, type ObservedPod } from './observed.ts'

/** Reasons that a container waits for, which pass by themselves seldom or never. */
const hopeless: Readonly<Record<string, string>> = {
  ErrImagePull: 'its image cannot be pulled', ImagePullBackOff: 'its image cannot be pulled', ErrImageNeverPull: 'its image is not on the node',
  InvalidImageName: 'its image has no valid name', ImageInspectError: 'its image cannot be read',
  CreateContainerConfigError: 'its configuration is not there', CreateContainerError: 'its container cannot be made', RunContainerError: 'its program does not start',
}

/** Why a pod will not start whatever the time; undefined when it may. */
export function hopelessStart(pods: readonly ObservedPod[]): string | undefined {
  for (const pod of pods) {
    const { waiting } = workerState(pod)
    const what = waiting?.reason === undefined ? undefined : hopeless[waiting.reason]
    if (what !== undefined) return `${what} (${waiting!.reason}): ${waiting!.message ?? 'the node gives no message'}`
  }
  return undefined
}

/** What the starting of a Job waits for, in words, from its pods and the Job's own events; undefined once one of its pods runs. */
export function waitingFor(pods: readonly ObservedPod[], events: readonly ObservedEvent[]): string | undefined {
  if (pods.some(hasStarted)) return undefined
  const waiting = pods.filter((pod) => !isOver(pod))
  if (waiting.length === 0) {
    const refused = events.filter((e) => e.reason === 'FailedCreate').at(-1)
    return refused ? `no pod can be made: ${refused.message ?? 'no reason given'}` : 'no pod has been made for it yet'
  }
  for (const pod of waiting) {
    const unscheduled = pod.status.conditions.find((c) => c.type === 'PodScheduled' && c.status === 'False')
    if (unscheduled) return `no node takes it: ${unscheduled.message ?? unscheduled.reason ?? 'no reason given'}`
  }
  return `its pod is ${workerState(waiting[0]!).waiting?.reason ?? waiting[0]!.status.phase}`
}
