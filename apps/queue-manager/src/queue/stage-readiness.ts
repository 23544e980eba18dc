import type { StoredQueue } from '@streamforge/contracts'
import { hasEnded, isLive } from './queue-input.ts'

export type Queues = ReadonlyMap<string, StoredQueue>

/** Whether a pending stage may start: when its inputs are complete. Live ones need only run. */
export type Readiness = { is: 'ready' } | { is: 'waiting' } | { is: 'blocked'; reason: string }

export function stageReadiness(stage: StoredQueue, queues: Queues): Readiness {
  let waiting = false
  for (const id of stage.after ?? []) {
    const input = queues.get(id)
    if (!input) return { is: 'blocked', reason: `its input ${id} is gone` }
    const spoilt = spoiltReason(input)
    if (spoilt !== undefined) return { is: 'blocked', reason: spoilt }
    if (input.status !== 'finished' && !(isLive(input) && input.status === 'running')) waiting = true
  }
  return waiting ? { is: 'waiting' } : { is: 'ready' }
}

/** A connector that finishes certifies; what certifies nothing has nothing to vouch for (history of no length, a graph, a model). */
function spoiltReason({ status, symbol, type, certificate }: StoredQueue): string | undefined {
  if (status === 'failed' || status === 'stopped') return `its input ${symbol} ${type} ${status === 'failed' ? 'has failed' : 'was stopped'}`
  if (status === 'finished' && certificate && !certificate.complete) return `its input ${symbol} ${type} is not complete`
  return undefined
}

/**
 * What becomes of a live stage that runs, when all that it follows has ended: it ends too, `settleMs` later, so that it has read the rest.
 * Undefined: nothing yet.
 */
export function stageEnding(stage: StoredQueue, queues: Queues, now: number, settleMs: number): { kind: 'stop' | 'inputs-ended'; reason: string } | undefined {
  if (stage.status !== 'running' || stage.stop_reason !== undefined || !isLive(stage)) return undefined
  const followed = (stage.after ?? []).flatMap((id) => queues.get(id) ?? []).filter(isLive)
  if (!followed.length || !followed.every((queue) => hasEnded(queue) && now - (queue.ended_at ?? now) >= settleMs)) return undefined
  const spoilt = followed.find((queue) => queue.status !== 'finished')
  return spoilt
    ? { kind: 'stop', reason: `its input ${spoilt.symbol} ${spoilt.type} ${spoilt.status === 'failed' ? 'has failed' : 'was stopped'}` }
    : { kind: 'inputs-ended', reason: 'its live inputs have come to their end' }
}
