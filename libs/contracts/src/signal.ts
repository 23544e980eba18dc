import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { Interval } from './interval.ts'
import { ModelName, RunId } from './model.ts'
import { Symbol, Venue } from './names.ts'

/** What came of the signal before, at the open of this bar, after slippage. */
export const SignalFill = z.strictObject({
  side: z.enum(['buy', 'sell']), price: z.number().positive(), quantity: z.number().positive(), fee: z.number().nonnegative(),
  profit: z.number().describe('Of a sale: above what was paid for its units, fees of both included; 0 of a purchase'),
})
export type SignalFill = z.infer<typeof SignalFill>

/**
 * What an agent decides when a bar has closed, to be done at the open of the next, and how its paper account then stands: all that whoever goes on after it
 * must know. One a symbol and bar.
 */
export const Signal = z.strictObject({
  kind: z.literal('signal'),
  venue: Venue, symbol: Symbol, interval: Interval,
  open_time: Epoch.describe('Of the bar at whose close it was decided'),
  model: ModelName, model_version: z.int().positive(), run_id: RunId,
  action: z.enum(['buy', 'sell', 'hold']),
  size: z.number().positive().max(1).describe('Share of what could be traded'),
  close: z.number().positive(),
  fill: SignalFill.optional(),
  refused: z.enum(['no_market', 'below_lot', 'small_order', 'no_position']).optional().describe('Why the signal before came to nothing'),
  account: z.strictObject({
    cash: z.number(), position: z.number().nonnegative().describe('Units'), cost: z.number().nonnegative().describe('Paid for them, fees included'),
    fees_paid: z.number().nonnegative(), traded: z.number().nonnegative().describe('Value of all that was bought and sold'),
  }).describe('After the fill'),
  portfolio_value: z.number().nonnegative().describe('At the close'),
  event_time: Epoch, known_time: Epoch.describe('When it was decided'), backfilled: z.boolean(),
})
export type Signal = z.infer<typeof Signal>

export const signalKey = (s: Pick<Signal, 'symbol' | 'interval' | 'open_time'>) => `${s.symbol}_${s.interval}_signal_${s.open_time}`

/** The registered model of a symbol's agent: `agent-btcusdt-5m`, or the one that the pipeline names, for each symbol where there are several. */
export function agentModelName(plan: { model?: string | undefined; symbols: readonly string[]; interval: Interval }, symbol: string): string {
  const own = `${symbol}-${plan.interval}`.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  if (plan.model === undefined) return `agent-${own}`
  return plan.symbols.length === 1 ? plan.model : `${plan.model}-${own}`
}
