import type { StoredQueue } from '@streamforge/contracts'
import { isLive, isWaitingForLive } from '../queue/queue-input.ts'
import type { LiveWorkflows } from './live-workflows.ts'
import type { ChangeQueue } from './queue-changer.ts'

export interface AdmissionOptions {
  live: LiveWorkflows
  change: ChangeQueue
  /** Queues that run at once: live ones, which stay, do not take the room of those that end. */
  limits: { history: number; live: number }
  onError: (error: unknown) => void
}

/** Starts pending queues, in order of creation, as long as there is room. Call it whenever there may be: it returns at once. */
export function admitQueues({ live, change, limits, onError }: AdmissionOptions): () => void {
  let busy = false
  let again = false

  const pass = async () => {
    for (;;) {
      const queues = live.all().flatMap((entry) => [...entry.queues.values()])
      const next = [...startable(queues.filter((q) => !isLive(q)), limits.history), ...startable(queues.filter(isLive), limits.live)]
      if (!next.length) return
      await Promise.all(next.map((q) => change(q.queue_id, [{ kind: 'start' }])))
    }
  }
  return function admit() {
    if (busy) {
      again = true
      return
    }
    busy = true
    pass().catch(onError).finally(() => {
      busy = false
      if (!again) return
      again = false
      admit()
    }).catch(onError)
  }
}

function startable(queues: readonly StoredQueue[], limit: number): StoredQueue[] {
  const room = limit - queues.filter((q) => q.status === 'running').length
  return queues.filter((q) => q.status === 'pending' && !isWaitingForLive(q)).slice(0, Math.max(0, room))
}
