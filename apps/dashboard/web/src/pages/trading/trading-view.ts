import type { BacktestMetrics, BacktestReport, BacktestSummary, Measured, TrainingRun } from '@streamforge/contracts'
import { formatCount } from '../../format.ts'
import { formatFigure } from '../../parts/nice-ticks.ts'

const strategies: Record<string, string> = { dqn: 'Agent (DQN)', buy_and_hold: 'Buy and hold', moving_average: 'Moving averages', rsi: 'RSI', gnn: 'Forecasts as signals' }
export const strategyName = (strategy: string) => strategies[strategy] ?? strategy

/** What people choose between: one market, and one run's bars of it. */
export interface Series { venue: string; symbol: string; interval: string }
export const seriesOf = ({ venue, symbol, interval }: Series): string => `${venue}/${symbol}/${interval}`

/** Markets that have backtests, each once, with its newest report; the market of the newest report first. */
export function marketsOf(backtests: readonly BacktestSummary[]): BacktestSummary[] {
  const newest = new Map<string, BacktestSummary>()
  for (const backtest of backtests) {
    const name = seriesOf(backtest)
    const known = newest.get(name)
    if (!known || isMoreWanted(backtest, known)) newest.set(name, backtest)
  }
  return [...newest.values()]
}

/** A newer run first; of one run the agent, since the others are there to be compared with it. */
function isMoreWanted(a: BacktestSummary, b: BacktestSummary): boolean {
  if (a.run_id !== b.run_id) return a.created_at > b.created_at
  return a.strategy === 'dqn' && b.strategy !== 'dqn'
}

/** What a report may be compared with: other reports of its market whose bars are partly its own, its own run's first. */
export function comparable(backtests: readonly BacktestSummary[], report: Pick<BacktestSummary, '_key' | 'run_id' | 'venue' | 'symbol' | 'interval' | 'from' | 'to'>): BacktestSummary[] {
  return backtests
    .filter((b) => b._key !== report._key && seriesOf(b) === seriesOf(report) && b.from < report.to && b.to > report.from)
    .sort((a, b) => Number(b.run_id === report.run_id) - Number(a.run_id === report.run_id) || b.created_at - a.created_at)
}

/** Runs may carry one strategy each: their short ids tell them apart where there are several. */
export const backtestName = ({ strategy, run_id: runId }: Pick<BacktestSummary, 'strategy' | 'run_id'>, run: string) =>
  (runId === run ? strategyName(strategy) : `${strategyName(strategy)} · ${runId.slice(-6)}`)

export interface MetricRow { name: string; about: string; of: (metrics: BacktestMetrics) => { text: string; interval?: string; tone?: 'up' | 'down' } | undefined }

/** A few bars' return, taken for a year's, may have more digits than anyone reads. */
const percent = (share: number) => `${Math.abs(share) < 100 ? (share * 100).toFixed(2) : formatFigure(share * 100)} %`
const signedPercent = (share: number) => `${share > 0 ? '+' : ''}${percent(share)}`
const toneOf = (value: number) => (value > 0 ? 'up' as const : value < 0 ? 'down' as const : undefined)
const asShare = (m: Measured | undefined, signed = true) => m && {
  text: signed ? signedPercent(m.value) : percent(m.value), interval: `${signed ? signedPercent(m.low) : percent(m.low)} … ${signed ? signedPercent(m.high) : percent(m.high)}`,
  ...(signed && toneOf(m.value) && { tone: toneOf(m.value)! }),
}
const asFigure = (m: Measured | undefined) => m && { text: formatFigure(m.value), interval: `${formatFigure(m.low)} … ${formatFigure(m.high)}` }

/** In the order in which people read them; docs/BACKTESTS.md has the formulas. */
export const metricRows: readonly MetricRow[] = [
  { name: 'Return', about: 'of the portfolio over the bars', of: (m) => asShare(m.total_return) },
  { name: 'CAGR', about: 'the return a year that comes to the same', of: (m) => asShare(m.cagr) },
  { name: 'Sharpe ratio', about: 'mean return over its deviation, a year', of: (m) => asFigure(m.sharpe) },
  { name: 'Sortino ratio', about: 'the same with the deviation of losses only', of: (m) => asFigure(m.sortino) },
  { name: 'Largest drawdown', about: 'largest share of a peak that was lost', of: (m) => asShare(m.max_drawdown, false) },
  { name: 'Win rate', about: 'share of sales that brought more than was paid, fees included', of: (m) => asShare(m.win_rate, false) },
  { name: 'Exposure', about: 'share of bars that end with units held', of: (m) => ({ text: percent(m.exposure) }) },
  { name: 'Turnover', about: 'value bought and sold, in mean portfolio values', of: (m) => ({ text: formatFigure(m.turnover) }) },
  { name: 'Fees', about: 'in the quote currency', of: (m) => ({ text: formatMoney(m.fees) }) },
  { name: 'Purchases and sales', about: 'orders that were filled', of: (m) => ({ text: formatCount(m.fills) }) },
  { name: 'At the end', about: 'value of the portfolio in the quote currency', of: (m) => ({ text: formatMoney(m.final_value) }) },
]

const money = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
export const formatMoney = (value: number) => money.format(value)
export const formatShare = signedPercent

const checkNames: Record<string, string> = {
  future_shift: 'Changed future bars change no past signal', start_independence: 'Signals do not hang on where the bars begin', unseen_test_bars: 'Test bars were not seen in training',
}
export const checkName = (check: string) => checkNames[check] ?? check

export interface ChartPoint { time: number; value: number }
const points = (report: BacktestReport, column: 'portfolio' | 'benchmark' | 'drawdown', sign = 1): ChartPoint[] =>
  report.series.open_times.flatMap((time, i) => { const value = report.series[column][i]; return value === undefined ? [] : [{ time, value: sign * value }] })

export const portfolioPoints = (report: BacktestReport) => points(report, 'portfolio')
export const benchmarkPoints = (report: BacktestReport) => points(report, 'benchmark')
/** Below zero, in percent: the deeper the lower. */
export const drawdownPoints = (report: BacktestReport) => points(report, 'drawdown', -100)

/** In words, for who does not see the chart. */
export function chartLabel(report: BacktestReport): string {
  const count = (side: 'buy' | 'sell') => report.trades.filter((trade) => trade.side === side).length
  return `Candles of ${report.symbol}, ${report.interval}, with ${count('buy')} purchases and ${count('sell')} sales of ${strategyName(report.strategy)}; its portfolio came to ${formatMoney(report.metrics.final_value)}, buy and hold to ${formatMoney(report.benchmark.final_value)}; largest drawdown ${percent(report.metrics.max_drawdown.value)}`
}

/** Runs that train an agent now; then the one that a report comes from. */
export function shownRuns(runs: readonly TrainingRun[], runId: string | undefined): TrainingRun[] {
  const agents = runs.filter((run) => run.kind === 'agent')
  return [...agents.filter((run) => run.status === 'running' && run.run_id !== runId), ...agents.filter((run) => run.run_id === runId)]
}
