import type { CanaryComparison, CanaryDifference } from '@streamforge/contracts'

export interface Output {
  /** A record without what may differ between two runs of one version. */
  record: Readonly<Record<string, unknown>>
  /** Milliseconds from the record's event time to its publishing; absent where it was made afterwards. */
  latency?: number | undefined
}

export interface ComparisonOptions {
  /** Two numbers are taken for the same when they are no further apart than this part of the larger, or than this itself near zero. */
  tolerance: number
  /** How many times as late as the current version's the shadow's 95th percentile may be. Below 100 ms nobody counts. */
  slowdown: number
}

const shown = 20
const unnoticedMs = 100

/** Compares what two versions made of the same input, by key. Pure; symmetric but for the words. */
export function compareOutputs(current: ReadonlyMap<string, Output>, shadow: ReadonlyMap<string, Output>, { tolerance, slowdown }: ComparisonOptions): CanaryComparison {
  const counts = { compared: 0, equal: 0, within_tolerance: 0, different: 0, largest: 0 }
  const differences: CanaryDifference[] = []
  const missing: string[] = []
  for (const [key, ours] of current) {
    const theirs = shadow.get(key)
    if (!theirs) {
      missing.push(key)
      continue
    }
    counts.compared++
    const found = differ(ours.record, theirs.record, tolerance, '')
    counts.largest = Math.max(counts.largest, found.largest)
    if (found.first) {
      counts.different++
      if (differences.length < shown) differences.push({ key, ...found.first })
    } else if (found.largest > 0) counts.within_tolerance++
    else counts.equal++
  }
  const extra = [...shadow.keys()].filter((key) => !current.has(key))
  const latency = { current: latencyOf(current), shadow: latencyOf(shadow) }
  const live = latency.current.records > 0 && latency.shadow.records > 0
  const slower = live && latency.shadow.p95 > Math.max(unnoticedMs, latency.current.p95 * slowdown)
  return {
    ...counts, missing: missing.length, extra: extra.length, differences, missing_keys: missing.slice(0, shown), extra_keys: extra.slice(0, shown),
    ...(live && { latency }), slower,
    // Two that made nothing agree on nothing.
    agree: counts.compared > 0 && counts.different === 0 && missing.length === 0 && extra.length === 0 && !slower,
  }
}

interface Found {
  first: { field: string; current: unknown; shadow: unknown } | undefined
  largest: number
}

function differ(current: unknown, shadow: unknown, tolerance: number, field: string): Found {
  if (typeof current === 'number' && typeof shadow === 'number') {
    const distance = distanceOf(current, shadow)
    return { first: distance > tolerance && Math.abs(current - shadow) > tolerance ? { field, current, shadow } : undefined, largest: distance }
  }
  if (!isPlain(current) || !isPlain(shadow) || Array.isArray(current) !== Array.isArray(shadow)) {
    return Object.is(current, shadow) ? { first: undefined, largest: 0 } : { first: { field, current, shadow }, largest: 0 }
  }
  const result: Found = { first: undefined, largest: 0 }
  for (const name of new Set([...Object.keys(current), ...Object.keys(shadow)])) {
    const found = differ(current[name], shadow[name], tolerance, field === '' ? name : `${field}.${name}`)
    result.first ??= found.first
    result.largest = Math.max(result.largest, found.largest)
  }
  return result
}

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Relative to the larger of the two; 0 for equal ones. */
function distanceOf(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0
  return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b))
}

function latencyOf(outputs: ReadonlyMap<string, Output>): { records: number; p50: number; p95: number } {
  const sorted = [...outputs.values()].flatMap(({ latency }) => latency ?? []).sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  return { records: sorted.length, p50: at(0.5), p95: at(0.95) }
}
