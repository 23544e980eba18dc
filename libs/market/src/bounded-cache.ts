/** Keeps what was used last, up to a number of bytes; what was used longest ago goes first. */
export interface BoundedCache<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value, bytes: number): void
  delete(key: string): void
  readonly bytes: number
}

export function boundedCache<Value>(maxBytes: number): BoundedCache<Value> {
  const entries = new Map<string, { value: Value; bytes: number }>()
  let total = 0
  const drop = (key: string) => {
    total -= entries.get(key)?.bytes ?? 0
    entries.delete(key)
  }
  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    set(key, value, bytes) {
      drop(key)
      entries.set(key, { value, bytes })
      total += bytes
      for (const oldest of entries.keys()) {
        if (total <= maxBytes || oldest === key) break
        drop(oldest)
      }
    },
    delete: drop,
    get bytes() {
      return total
    },
  }
}
