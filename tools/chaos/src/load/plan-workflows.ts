import type { WorkflowRequestInput } from '@streamforge/contracts'

export interface LoadPlan {
  /** Records wanted in all, at least. */
  readonly records: number
  readonly symbols: readonly string[]
  /** Of the venue's history, milliseconds. */
  readonly from: number
  readonly to: number
  readonly seed: number
}

const minute = 60_000
const day = 1_440 * minute

/** Records of one queue of candles: small enough that many queues begin and end while faults come. */
export const queueRecords = ({ records }: Pick<LoadPlan, 'records'>): number => Math.min(60 * 1_440, Math.max(2, Math.ceil(records / 12 / 1_440)) * 1_440)

export type NamedRequest = WorkflowRequestInput & { name: string }

/**
 * The nth workflow of the load: two symbols over one stretch of days, every fourth time trades of one symbol instead. The stretches of a symbol
 * follow one another and begin anew when the history is used up: what is loaded again changes nothing. Pure.
 */
export function planWorkflow(plan: LoadPlan, n: number): NamedRequest {
  const { symbols, from, to, seed } = plan
  const options = { source: 'rest' as const, max_attempts: 1_000, shards: 2 }
  const pairs = Math.floor(symbols.length / 2)
  const name = `chaos ${seed}/${n}`
  if (n % 4 === 3) {
    const begin = to - ((n >> 2) % 30 + 1) * day
    return { name, symbols: [symbols[n % symbols.length]!], types: ['api_trades'], options, time_range: `${begin}:${begin + 3_600_000}` }
  }
  const span = queueRecords(plan) * minute
  const stretches = Math.max(1, Math.floor((to - from) / span))
  const stretch = Math.floor(n / pairs) % stretches
  const first = (n % pairs) * 2
  return {
    name, symbols: symbols.slice(first, first + 2), types: ['api_candles_1m'], options, time_range: `${from + stretch * span}:${from + (stretch + 1) * span}`,
  }
}
