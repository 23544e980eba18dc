import type { ErrorCode } from '@streamforge/contracts'

/**
 * How long to wait before the next attempt, in milliseconds: doubles with every attempt that made no progress, up to the
 * maximum, of which a random half is taken off so that jobs which failed together do not come back together.
 */
export function backoffMs(attemptsWithoutProgress: number, limits: { initialMs: number; maxMs: number }, random: () => number): number {
  const doublings = Math.min(30, Math.max(0, attemptsWithoutProgress - 1))
  const full = Math.min(limits.maxMs, limits.initialMs * 2 ** doublings)
  return Math.round(full * (0.5 + random() / 2))
}

/**
 * Whether a lost worker is launched again without a wait: it got further before it died, and a dead process points to no cause that time would
 * cure. One that says why it failed, or dies again before it got anywhere, waits.
 */
export const comesBackAtOnce = (code: ErrorCode, attemptsWithoutProgress: number) => attemptsWithoutProgress === 1 && deaths.has(code)
const deaths: ReadonlySet<ErrorCode> = new Set(['WORKER_LOST', 'WORKER_SILENT', 'WORKER_STUCK'])
