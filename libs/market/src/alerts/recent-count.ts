/** How much was counted within the last `windowMs`, in ten steps, so that it needs no memory of every single one. */
export interface RecentCount {
  add(count: number, at: number): void
  total(now: number): number
}

const steps = 10

export function recentCount(windowMs: number): RecentCount {
  const stepMs = windowMs / steps
  const counts = new Map<number, number>()
  return {
    add(count, at) {
      const step = Math.floor(at / stepMs)
      counts.set(step, (counts.get(step) ?? 0) + count)
    },
    total(now) {
      let sum = 0
      for (const [step, count] of counts) {
        if (step <= now / stepMs - steps) counts.delete(step)
        else sum += count
      }
      return sum
    },
  }
}
