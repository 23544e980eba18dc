import { setTimeout as sleep } from 'node:timers/promises'
import { retryDelayMs } from '../retry-delay.ts'
import { isTransient, toBusError } from './kafka-errors.ts'

/** Waits, or returns early when the signal aborts. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => {})
}

/** Waits for a promise, but no longer than `ms`, nor than until the signal aborts. */
export async function within(promise: Promise<unknown>, ms: number, signal?: AbortSignal): Promise<void> {
  const settled = new AbortController()
  const wait = pause(ms, signal ? AbortSignal.any([signal, settled.signal]) : settled.signal)
  await Promise.race([promise, wait]).finally(() => settled.abort())
}

export interface RetryOptions {
  /** What is tried, for the error: "read offsets of 'orders'". */
  doing: string
  /** Milliseconds after which the last failure is final; Infinity tries for ever. */
  withinMs: number
  random: () => number
  signal?: AbortSignal
  /** Runs between tries: refresh what may be stale. Its own failures are ignored. */
  between?: (error: unknown) => Promise<void>
}

const delay = { initialMs: 100, maxMs: 2000 }

/** Tries until it succeeds, fails for a reason that time does not heal, or the time is over. Errors are StreamForgeErrors. */
export async function retrying<T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + options.withinMs
  for (let attempts = 0; ; attempts++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isTransient(error) || options.signal?.aborted || performance.now() >= deadline) throw toBusError(error, options.doing)
      await pause(retryDelayMs(attempts, delay, options.random), options.signal)
      await options.between?.(error).catch(() => {})
    }
  }
}
