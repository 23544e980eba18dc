import type { BacktestRun } from './run-backtest.ts'
import type { MarketBars } from './strategy.ts'
import { isPresent } from './market-bars.ts'

export const csvHeader = 'open_time,time,open,high,low,close,volume,signal,size,fill,fill_price,fill_quantity,fee,position,cash,portfolio_value,benchmark_value'

/** Every bar that is there, one a line; docs/BACKTESTS.md has the columns. Numbers are written so that they are read back as they were. */
export function backtestCsv(bars: MarketBars, run: BacktestRun, benchmark: BacktestRun): { text: string; rows: number } {
  const fills = new Map(run.fills.map((fill) => [fill.index, fill]))
  const lines = [csvHeader]
  for (let index = run.from; index < run.to; index++) {
    if (!isPresent(bars, index)) continue
    const at = index - run.from
    const fill = fills.get(index)
    lines.push([
      bars.openTimes[index], new Date(bars.openTimes[index]!).toISOString(), bars.open[index], bars.high[index], bars.low[index], bars.close[index], bars.volume[index],
      run.actions[at], run.sizes[at], fill?.side ?? '', fill?.price ?? '', fill?.quantity ?? '', fill?.fee ?? '',
      run.positions[at], run.cash[at], run.values[at], benchmark.values[at],
    ].join(','))
  }
  return { text: `${lines.join('\n')}\n`, rows: lines.length - 1 }
}
