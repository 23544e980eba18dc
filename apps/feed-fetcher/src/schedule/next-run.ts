import { type Session, sessionAfter, type WeeklyHours } from './market-hours.ts'

export interface Schedule {
  readonly intervalMs: number
  /** Milliseconds after each slot's beginning at which it runs: spreads feeds of the same interval. */
  readonly phaseMs: number
  readonly hours: WeeklyHours | undefined
}

/**
 * When a feed runs next after an instant (later than it). Without hours, at every multiple of the interval since 1970; with hours, from
 * each session's opening in steps of the interval, the close included where a step falls on it. Infinity: never.
 */
export function nextRun({ intervalMs, phaseMs, hours }: Schedule, after: number): number {
  if (!hours) return Math.floor((after - phaseMs) / intervalMs + 1) * intervalMs + phaseMs
  let from = after - phaseMs
  for (;;) {
    const session = sessionAfter(hours, from)
    if (!session) return Infinity
    const slot = slotAfter(session, intervalMs, after - phaseMs)
    if (slot !== undefined) return slot + phaseMs
    from = session.close + 1
  }
}

function slotAfter({ open, close }: Session, intervalMs: number, after: number): number | undefined {
  const steps = after < open ? 0 : Math.floor((after - open) / intervalMs) + 1
  const slot = open + steps * intervalMs
  return slot <= close ? slot : undefined
}

/** Feeds spread over at most a minute. */
const longestPhase = 60_000

/** The same for a name at every start: 1,000 feeds of one minute then make 17 requests a second, not 1,000 at once. FNV-1a. */
export function phaseOf(name: string, intervalMs: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0
  return hash % Math.min(intervalMs, longestPhase)
}
