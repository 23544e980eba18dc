import type { LiveWorkflows } from './live-workflows.ts'
import type { ChangeQueue } from './queue-changer.ts'

export interface AdmissionOptions {
  live: LiveWorkflows
  change: ChangeQueue
  /** Queues that run at once. */
  limit: number
  onError: (error: unknown) => void
}

/** Starts pending queues, in order of creation, as long as there is room. Call it whenever there may be: it returns at once. */
export function admitQueues({ live, change, limit, onError }: AdmissionOptions): () => void {
  let busy = false
  let again = false

  const pass = async () => {
    for (;;) {
      const queues = live.all().flatMap((entry) => [...entry.queues.values()])
      const room = limit - queues.filter((q) => q.status === 'running').length
      const next = queues.filter((q) => q.status === 'pending').slice(0, Math.max(0, room))
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
