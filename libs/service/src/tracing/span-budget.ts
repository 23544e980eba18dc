/** Spans of one topic at once, and the milliseconds until another is due. */
const burst = 20
const refillMs = 1000

/** Whether there may be another span for a name: a burst at first, then one a second. Never more than `names` names are kept. */
export function spanBudget(now: () => number, names = 1000): (name: string) => boolean {
  const buckets = new Map<string, { left: number; at: number }>()
  return (name) => {
    const at = now()
    let bucket = buckets.get(name)
    if (!bucket) {
      if (buckets.size >= names) buckets.clear()
      buckets.set(name, bucket = { left: burst, at })
    }
    bucket.left = Math.min(burst, bucket.left + Math.max(0, at - bucket.at) / refillMs)
    bucket.at = at
    if (bucket.left < 1) return false
    bucket.left -= 1
    return true
  }
}
