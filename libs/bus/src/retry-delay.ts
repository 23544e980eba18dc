export interface RetryDelay {
  initialMs: number
  maxMs: number
}

export const defaultRetryDelay: RetryDelay = { initialMs: 100, maxMs: 5000 }

/** Milliseconds before try `attempt` + 1: doubling from `initialMs` to `maxMs`, of which a random half to the whole is waited. */
export function retryDelayMs(attempt: number, { initialMs, maxMs }: RetryDelay, random: () => number): number {
  const full = Math.min(maxMs, initialMs * 2 ** Math.min(attempt, 30))
  return full * (0.5 + random() / 2)
}
