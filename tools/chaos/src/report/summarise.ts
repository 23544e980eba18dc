import type { Finding } from '../check/history.ts'
import type { FaultOutcome } from '../inject/run-faults.ts'
import type { Steps } from '../inject/recovery.ts'
import { kinds, type Kind } from '../plan/fault.ts'

/** What a run came to; the report's JSON. Times are milliseconds. */
export interface ChaosReport {
  readonly seed: number
  readonly bus: 'embedded' | 'kafka'
  readonly seconds: number
  /** Records of all queues, each once. */
  readonly records: number
  readonly workflows: number
  readonly queues: number
  readonly commitsChecked: number
  readonly faults: readonly FaultOutcome[]
  readonly byKind: readonly KindSummary[]
  readonly recoveryMs: Percentiles
  readonly deadLetters: number
  /** Kinds that could not be had here, and why. */
  readonly left: readonly string[]
  readonly findings: readonly Finding[]
  /** Records stored, by milliseconds since the run began. */
  readonly progress: readonly { readonly at: number; readonly records: number }[]
}

export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly max: number
}

export interface KindSummary extends Percentiles {
  readonly kind: Kind
  readonly faults: number
  readonly unrecovered: number
  /** Median of when each step was reached, after the fault was over. */
  readonly steps: Steps
}

/** Smallest value that so large a part of all is not above; 0 of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0
}

export function percentiles(outcomes: readonly FaultOutcome[]): Percentiles {
  const times = outcomes.flatMap(({ recovered, over }) => (recovered === undefined ? [] : [Math.round(recovered - over)]))
  return { p50: percentile(times, 0.5), p95: percentile(times, 0.95), max: percentile(times, 1) }
}

/** In the order of `kinds`, those that came. */
export function summariseKinds(outcomes: readonly FaultOutcome[]): KindSummary[] {
  return kinds.flatMap((kind) => {
    const own = outcomes.filter(({ fault }) => fault.kind === kind)
    return own.length === 0 ? [] : [{ kind, faults: own.length, unrecovered: own.filter(({ recovered }) => recovered === undefined).length, steps: medianSteps(own), ...percentiles(own) }]
  })
}

export const stepNames = ['noticed', 'relaunched', 'working', 'ready', 'stored'] as const satisfies readonly (keyof Steps)[]

function medianSteps(outcomes: readonly FaultOutcome[]): Steps {
  return Object.fromEntries(stepNames.flatMap((step) => {
    const reached = outcomes.flatMap(({ steps }) => steps[step] ?? [])
    return reached.length === 0 ? [] : [[step, Math.round(percentile(reached, 0.5))]]
  }))
}

export const targetMs = 10_000
/** The target of recovery is told and does not decide: a busy machine is no loss of data. */
export const hasPassed = ({ findings }: Pick<ChaosReport, 'findings'>): boolean => findings.length === 0
