/**
 * How long to wait before the next attempt, in milliseconds: doubles with every attempt that made no progress, up to the
 * maximum, of which a random half is taken off so that jobs which failed together do not come back together.
 */
export function backoffMs(attemptsWithoutProgress: number, limits: { initialMs: number; maxMs: number }, random: () => number): number {
  const doublings = Math.min(30, Math.max(0, attemptsWithoutProgress - 1))
  const full = Math.min(limits.maxMs, limits.initialMs * 2 ** doublings)
  return Math.round(full * (0.5 + random() / 2))
}
