import { setTimeout as sleep } from 'node:timers/promises'
import { isTransient, toObjectError } from './s3-errors.ts'

export interface RetryOptions {
  /** What is tried, for the error: "put 'models/7'". */
  doing: string
  /** Milliseconds after which the last failure is final. */
  withinMs: number
  /** Uniform in [0, 1). */
  random: () => number
  /** Aborts when the store is closed. */
  signal: AbortSignal
}

const delay = { initialMs: 50, maxMs: 2000 }

/** Tries until it succeeds, fails for a reason that time does not heal, or the time is over. Errors are StreamForgeErrors. */
export async function retrying<T>({ doing, withinMs, random, signal }: RetryOptions, attempt: (number: number) => Promise<T>): Promise<T> {
  const deadline = performance.now() + withinMs
  for (let number = 0; ; number++) {
    try {
      return await attempt(number)
    } catch (error) {
      if (!isTransient(error) || signal.aborted || performance.now() >= deadline) throw toObjectError(error, doing)
      const longest = Math.min(delay.initialMs * 2 ** number, delay.maxMs)
      await sleep(longest * (0.5 + random() / 2), undefined, { signal }).catch(() => undefined)
    }
  }
}
