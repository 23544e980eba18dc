import { StreamForgeError, toStreamForgeError } from '@streamforge/contracts'
import { type Clock, waitUntil } from '../schedule/clock.ts'
import type { SafeAnswer } from './fetch-safely.ts'

export interface RetryOptions {
  clock: Clock
  random: () => number
  signal: AbortSignal
  /** Told of each failure, also of those after which a further try succeeds. */
  onFault: (error: StreamForgeError) => void
}

const tries = 3
const firstWaitMs = 1_000
/** A source that asks for more is left alone until the next run. */
const longestWaitMs = 30_000

/**
 * Tries up to three times. Waits double and are jittered (by half to one and a half), unless the source says how long; what another try
 * cannot mend is not tried again.
 * @throws the last failure
 */
export async function fetchWithRetries(attempt: () => Promise<SafeAnswer>, { clock, random, signal, onFault }: RetryOptions): Promise<SafeAnswer> {
  for (let i = 1; ; i++) {
    try {
      return await attempt()
    } catch (thrown) {
      if (signal.aborted) throw thrown
      const error = toStreamForgeError(thrown)
      onFault(error)
      const wait = waitAfter(error, i, random)
      if (wait === undefined) throw error
      await waitUntil(clock, clock.now() + wait, signal)
      signal.throwIfAborted()
    }
  }
}

function waitAfter(error: StreamForgeError, failures: number, random: () => number): number | undefined {
  if (!error.retryable || failures >= tries) return undefined
  const jittered = firstWaitMs * 2 ** (failures - 1) * (0.5 + random())
  const asked = error.details.retryAfterMs
  if (typeof asked !== 'number') return jittered
  return asked > longestWaitMs ? undefined : Math.max(asked, jittered)
}
