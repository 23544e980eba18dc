import type { StoredQueue } from '@streamforge/contracts'
import type { JobInfo, Launcher } from '@streamforge/launcher'
import { isActive, type QueueInput } from '../queue/queue-input.ts'

type Exit = Extract<QueueInput, { kind: 'exited' }>

/** Jobs that the orchestrator takes for running and that are not, and have no launch waiting in the outbox either. */
export function missingJobs(queues: Iterable<StoredQueue>, jobs: readonly JobInfo[]): { queueId: string; exit: Exit }[] {
  const known = new Map(jobs.map((j) => [`${j.queue_id} ${j.target} ${j.attempt}`, j.state]))
  const missing: { queueId: string; exit: Exit }[] = []
  for (const queue of queues) {
    for (const { target, attempt, ...job } of queue.jobs) {
      const state = known.get(`${queue.queue_id} ${target} ${attempt}`)
      if (!isActive({ target, attempt, ...job }) || state?.status === 'running') continue
      if (!state && queue.outbox.some(({ command: c }) => c.do === 'launch' && c.start.target === target && c.start.attempt === attempt)) continue
      missing.push({ queueId: queue.queue_id, exit: { kind: 'exited', target, attempt, state: state ?? neverSeen } })
    }
  }
  return missing
}

const neverSeen: Exit['state'] = { status: 'failed', exitCode: undefined, signal: undefined, reason: 'the launcher knows of no such job' }

export interface ExitListener {
  /** From now on exits are passed on, also those heard before. */
  release(): void
  close(): void
}

/**
 * Passes the ends of jobs on as inputs. An exit overtakes the job's last event, which comes through the topic: one that was
 * not killed waits a moment for it. Until `release`, when the events of the time before have been read, all wait.
 */
export function listenForExits(launcher: Launcher, settleMs: number, onExit: (queueId: string, exit: Exit) => void): ExitListener {
  const timers = new Set<NodeJS.Timeout>()
  let held: JobInfo[] | undefined = []
  const pass = (job: JobInfo) => {
    const { state, queue_id, attempt } = job
    if (state.status === 'running') return
    const exit: Exit = { kind: 'exited', target: job.target as Exit['target'], attempt, state }
    if (state.status === 'failed' && state.signal) return onExit(queue_id, exit)
    const timer = setTimeout(() => {
      timers.delete(timer)
      onExit(queue_id, exit)
    }, settleMs)
    timers.add(timer)
  }
  const unsubscribe = launcher.onExit((job) => (held ? held.push(job) : pass(job)))
  return {
    release() {
      const before = held ?? []
      held = undefined
      before.forEach(pass)
    },
    close() {
      unsubscribe()
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
