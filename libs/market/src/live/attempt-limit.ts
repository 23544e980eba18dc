/** Says how long to wait before an attempt, so that no more than `count` are made in any `windowMs`. Taking counts as making it. */
export function attemptLimit({ count, windowMs }: { count: number; windowMs: number }, now: () => number): { take(): number } {
  const times: number[] = []
  return {
    take() {
      const at = times.length < count ? now() : Math.max(now(), times[times.length - count]! + windowMs)
      times.push(at)
      if (times.length > count) times.shift()
      return at - now()
    },
  }
}
