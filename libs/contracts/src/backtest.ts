import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { Interval } from './interval.ts'
import { Measured, RunId } from './model.ts'
import { QueueId, Symbol, Venue, WorkflowId } from './names.ts'

export const StrategyName = z.enum(['dqn', 'buy_and_hold', 'moving_average', 'rsi', 'gnn'])
export type StrategyName = z.infer<typeof StrategyName>

const Span = z.strictObject({ from: Epoch.describe('Open time of the first bar'), to: Epoch.describe('End of the last bar') })

/** What a strategy came to over the bars. Formulas are in docs/BACKTESTS.md. Absent: it cannot be told, as a Sharpe ratio of constant returns. */
export const BacktestMetrics = z.strictObject({
  total_return: Measured.describe('Simple return of the portfolio over the bars'),
  cagr: Measured.optional().describe('The return a year that comes to the same'),
  sharpe: Measured.optional().describe('Of the returns of the bars, a year; the riskless rate is 0'),
  sortino: Measured.optional().describe('The same with the deviation of losses only'),
  max_drawdown: Measured.describe('Largest share of a peak that was lost, 0..1'),
  win_rate: Measured.optional().describe('Share of sales that brought more than was paid, fees included'),
  turnover: z.number().nonnegative().describe('Value bought and sold, in mean portfolio values'),
  exposure: z.number().min(0).max(1).describe('Share of bars that end with units held'),
  fees: z.number().nonnegative().describe('In the quote currency'),
  fills: z.int().nonnegative(),
  final_value: z.number().describe('Of the portfolio, in the quote currency'),
})
export type BacktestMetrics = z.infer<typeof BacktestMetrics>

/** One purchase or sale that was made. */
export const BacktestTrade = z.strictObject({
  open_time: Epoch.describe('Of the bar at whose open it was filled'),
  side: z.enum(['buy', 'sell']),
  price: z.number().positive().describe('After slippage'),
  quantity: z.number().positive(),
  fee: z.number().nonnegative(),
  profit: z.number().optional().describe('Of a sale: above what was paid for its units, fees of both included'),
  portfolio_value: z.number().describe("At the close of the fill's bar"),
})
export type BacktestTrade = z.infer<typeof BacktestTrade>

export const ValidityCheck = z.strictObject({
  name: z.enum(['future_shift', 'start_independence', 'unseen_test_bars']),
  passed: z.boolean(),
  message: z.string().describe('What was compared, and the first difference where there is one'),
})
export type ValidityCheck = z.infer<typeof ValidityCheck>

/** The gate: a backtest is valid only if all checks pass. */
export const ValidityVerdict = z.strictObject({
  valid: z.boolean(),
  checks: z.array(ValidityCheck),
  warnings: z.array(z.string()).describe('What does not make it invalid and should be known: missing bars, bars without volume, orders that came to nothing'),
})
export type ValidityVerdict = z.infer<typeof ValidityVerdict>

/** One strategy on one symbol over the test bars, in the collection `backtests`. The bars of all folds are one series. */
export const BacktestReport = z.strictObject({
  _key: z.string().describe('`<run id>_<strategy>`: a run is about one symbol'),
  run_id: RunId, queue_id: QueueId, workflow_id: WorkflowId,
  venue: Venue, symbol: Symbol, interval: Interval,
  strategy: StrategyName,
  model_version: z.int().positive().optional().describe('Of the agent that the run registered'),
  ...Span.shape,
  bars: z.int().positive().describe('That are there'),
  missing_bars: z.int().nonnegative(),
  folds: z.array(z.strictObject({ train: Span, validation: Span, test: Span })).min(1).describe('Walk-forward, in time order'),
  rules: z.strictObject({
    initial_capital: z.number().positive(), fee_bps: z.number().nonnegative(), slippage_bps: z.number().nonnegative(), lot_size: z.number().positive(),
    position_share: z.number().positive().max(1),
  }),
  metrics: BacktestMetrics,
  benchmark: BacktestMetrics.describe("Buy-and-hold's, over the same bars and by the same rules"),
  excess_return: Measured.describe("Logarithmic return above buy-and-hold's; its interval from resamples that draw the same bars for both"),
  verdict: ValidityVerdict,
  trades: z.array(BacktestTrade).describe('All, in time order'),
  series: z.strictObject({
    open_times: z.array(Epoch), portfolio: z.array(z.number()), benchmark: z.array(z.number()),
    drawdown: z.array(z.number().min(0).max(1)).describe('The deepest since the point before'),
  }).describe('At most 2,000 points to draw, columns of the same length; every bar is in the CSV'),
  csv: z.strictObject({ object: z.string().describe('Name in the object store'), bytes: z.int().nonnegative(), sha256: z.string().regex(/^sha256:[0-9a-f]{64}$/), rows: z.int().nonnegative() }),
  created_at: Epoch,
})
export type BacktestReport = z.infer<typeof BacktestReport>

export const backtestKey = (report: Pick<BacktestReport, 'run_id' | 'strategy'>) => `${report.run_id}_${report.strategy}`
/** Collection of the reports. */
export const backtestsCollection = 'backtests'

/** A report without what is drawn, for lists. */
export const BacktestSummary = BacktestReport.omit({ trades: true, series: true })
export type BacktestSummary = z.infer<typeof BacktestSummary>

/** GET /api/backtests: the newest first. */
export const BacktestsQuery = z.strictObject({
  symbol: Symbol.optional(), interval: Interval.optional(), run_id: RunId.optional(), workflow_id: WorkflowId.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})
export const BacktestList = z.strictObject({ backtests: z.array(BacktestSummary) })
export type BacktestList = z.infer<typeof BacktestList>
export const BacktestParams = z.strictObject({ key: z.string() })
