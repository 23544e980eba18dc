import { setTimeout as delay } from 'node:timers/promises'
import { backoffMs } from '../healing/backoff.ts'

export interface Retrying {
  signal: AbortSignal
  random: () => number
  onFailure: (error: unknown, attempt: number) => void
}

/** Tries until it succeeds, with waits from 100 ms to 5 s; rejects only when the signal aborts. */
export async function retrying<T>(task: () => Promise<T>, { signal, random, onFailure }: Retrying): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await task()
    } catch (error) {
      onFailure(error, attempt)
      await delay(backoffMs(attempt, { initialMs: 100, maxMs: 5_000 }, random), undefined, { signal })
    }
  }
}
