import type { Clock } from './clock.ts'

/** A clock that a test lets run: callbacks come in order of their instants, each followed by all that it leads to at once. */
export function simulatedClock(start: number) {
  let time = start
  let sequence = 0
  const waiting = new Map<number, { at: number; callback: () => void }>()
  const clock: Clock = {
    now: () => time,
    at(instant, callback) {
      const id = sequence++
      waiting.set(id, { at: instant, callback })
      return () => void waiting.delete(id)
    },
  }
  return {
    clock,
    waiting: () => waiting.size,
    async runUntil(end: number): Promise<void> {
      await new Promise<void>((resolve) => setImmediate(resolve))
      for (;;) {
        let first: [number, { at: number; callback: () => void }] | undefined
        for (const entry of waiting) if (entry[1].at <= end && (!first || entry[1].at < first[1].at)) first = entry
        if (!first) break
        waiting.delete(first[0])
        time = Math.max(time, first[1].at)
        first[1].callback()
        await new Promise<void>((resolve) => setImmediate(resolve))
      }
      time = end
    },
  }
}
