import type { HealedJob, StoredQueue } from '@streamforge/contracts'
import { circuitOf, circuitsThatWork } from './circuit.ts'

export type Observation = { job: HealedJob; circuit: string } & ({ what: 'failed'; message: string } | { what: 'works' })

/** What a change of a queue says about causes that it shares with others. */
export function observeChange(before: StoredQueue, after: StoredQueue): Observation[] {
  return after.jobs.flatMap((now, i): Observation[] => {
    const was = before.jobs[i]
    const job = { queue_id: after.queue_id, target: now.target }
    if (!was || now === was) return []
    if (now.status === 'waiting' && was.status !== 'waiting' && now.error) {
      const circuit = circuitOf(after, now.error.code)
      return circuit === undefined ? [] : [{ what: 'failed', job, circuit, message: now.error.message }]
    }
    const gotFurther = now.attempt === was.attempt && now.progress_at !== was.progress_at
    if (!gotFurther && !(now.status === 'finished' && was.status !== 'finished')) return []
    return circuitsThatWork(after, now.target).map((circuit) => ({ what: 'works', job, circuit }))
  })
}
