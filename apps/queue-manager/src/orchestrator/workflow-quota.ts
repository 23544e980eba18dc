import { StreamForgeError, type Caller } from '@streamforge/contracts'
import { hasEnded } from '../queue/queue-input.ts'
import type { LiveWorkflows } from './live-workflows.ts'
import { serialByKey } from './serial.ts'

/** Where nobody signs in everybody on this machine is one caller. */
const localTimes = 10

/** How many workflows in progress a caller may have; those of admins, and of the platform itself, are not counted. */
export const quotaOf = ({ kind, role }: Pick<Caller, 'kind' | 'role'>, perCaller: number): number =>
  role === 'admin' || perCaller === 0 ? Infinity : kind === 'local' ? localTimes * perCaller : perCaller

/** Begins work unless its caller has as much under way as it may. */
export type WithinQuota = <T>(caller: Caller | undefined, begin: () => Promise<T>) => Promise<T>

/**
 * Counts the workflows in progress of each caller: all that have not ended are in memory. What one caller begins is begun one after another,
 * so that requests of the same moment count for each other.
 * @throws StreamForgeError QUOTA_EXCEEDED, before anything is begun
 */
export function workflowQuota(live: Pick<LiveWorkflows, 'all'>, perCaller = 0): WithinQuota {
  const inTurn = serialByKey()
  const inProgress = (id: string) => live.all().filter(({ workflow }) => workflow.requested_by === id && !hasEnded(workflow)).length
  return (caller, begin) => {
    const quota = caller ? quotaOf(caller, perCaller) : Infinity
    if (!caller || quota === Infinity) return begin()
    return inTurn(caller.id, async () => {
      const count = inProgress(caller.id)
      if (count >= quota) throw exceeded(caller, count, quota)
      return begin()
    })
  }
}

function exceeded({ name }: Caller, count: number, quota: number): StreamForgeError {
  return new StreamForgeError('QUOTA_EXCEEDED', `${name} has ${count} workflows in progress and may have ${quota}`, {
    remedy: 'stop one, or wait until one has ended; whoever runs the platform can raise MAX_WORKFLOWS_PER_CALLER', details: { in_progress: count, quota },
  })
}
