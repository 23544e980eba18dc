import { targetOf, type QueueEvent } from '@streamforge/contracts'
import type { Reading } from './reading.ts'
import { recentCount, type RecentCount } from './recent-count.ts'

/** What is known of workers and services from what they say themselves. */
export interface WorkerWatch {
  take(event: QueueEvent, at: number): void
  /** `running` says whether a queue should have workers now; silence of others is none. */
  readings(now: number, running: (queueId: string) => boolean): Reading[]
}

interface Heard { attempt: number; at: number; ended: boolean; queue_id: string; target: string }

const recentMs = 15 * 60_000
/** Ended workers are remembered for so long, so that an event of an attempt before them does not bring them back. */
const forgetMs = 60 * 60_000

/**
 * Follows queue-events. A worker is heard from its first event to its last; one that is launched anew takes the place of its predecessor, whose
 * events count no more. Errors are counted by target, code and whether another attempt may help.
 */
export function watchWorkers(): WorkerWatch {
  const heard = new Map<string, Heard>()
  const errors = new Map<string, { labels: Reading['labels']; recent: RecentCount }>()
  return {
    take(event, at) {
      if (event.status === 'pong') return
      const target = targetOf(event.producer)
      const key = `${event.queue_id} ${target}`
      if (event.attempt < (heard.get(key)?.attempt ?? 0)) return
      heard.set(key, { attempt: event.attempt, at, ended: event.finished || endings.has(event.status), queue_id: event.queue_id, target })
      if (event.error) countError(errors, target, event.error, at)
    },
    readings(now, running) {
      const silent: Reading[] = []
      for (const [key, { at, ended, queue_id, target }] of heard) {
        if (now - at > forgetMs && (ended || !running(queue_id))) heard.delete(key)
        else if (!ended && running(queue_id)) {
          silent.push({ measure: 'streamforge_worker_silence_seconds', labels: { queue_id, target }, value: Math.max(0, now - at) / 1000 })
        }
      }
      const failing = [...errors.values()].map(({ labels, recent }): Reading => ({ measure: 'streamforge_job_recent_errors', labels, value: recent.total(now) }))
      return [...silent, ...failing]
    },
  }
}

const endings = new Set(['finished', 'stopped', 'error'])

function countError(
  errors: Map<string, { labels: Reading['labels']; recent: RecentCount }>, target: string, { code, retryable }: { code: string; retryable: boolean }, at: number,
): void {
  const key = `${target} ${code} ${retryable}`
  const counted = errors.get(key) ?? { labels: { target, code, retryable: String(retryable) }, recent: recentCount(recentMs) }
  counted.recent.add(1, at)
  errors.set(key, counted)
}
