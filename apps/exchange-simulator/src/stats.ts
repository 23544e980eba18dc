import type { FaultKind } from './faults.ts'

/** What GET /_simulator/stats answers. */
export interface Stats {
  requests: number
  rows: number
  bytes: number
  weight: number
  by_path: Record<string, number>
  by_status: Record<string, number>
  faults: Partial<Record<FaultKind, number>>
}

export function createStats() {
  const empty = (): Stats => ({ requests: 0, rows: 0, bytes: 0, weight: 0, by_path: {}, by_status: {}, faults: {} })
  let stats = empty()
  const raise = (counts: Record<string, number>, name: string) => { counts[name] = (counts[name] ?? 0) + 1 }
  return {
    current: (): Stats => structuredClone(stats),
    reset: () => { stats = empty() },
    fault: (kind: FaultKind) => raise(stats.faults as Record<string, number>, kind),
    weight: (weight: number) => { stats.weight += weight },
    answered(route: string, status: number | 'cut', rows: number, bytes: number) {
      stats.requests++
      stats.rows += rows
      stats.bytes += bytes
      raise(stats.by_path, route)
      raise(stats.by_status, String(status))
    },
  }
}
export type StatsKeeper = ReturnType<typeof createStats>
