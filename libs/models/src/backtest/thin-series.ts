import type { BacktestReport } from '@streamforge/contracts'

export interface WholeSeries {
  openTimes: readonly number[]
  portfolio: readonly number[]
  benchmark: readonly number[]
  initialCapital: number
}

/** The last point of each of `most` stretches, with the deepest drawdown of the stretch: a deep fall between two points is still seen. */
export function thinSeries({ openTimes, portfolio, benchmark, initialCapital }: WholeSeries, most: number): BacktestReport['series'] {
  const series: BacktestReport['series'] = { open_times: [], portfolio: [], benchmark: [], drawdown: [] }
  const points = Math.min(most, openTimes.length)
  let [peak, deepest, next] = [initialCapital, 0, 1]
  portfolio.forEach((value, i) => {
    peak = Math.max(peak, value)
    deepest = Math.max(deepest, Math.min(1, 1 - value / peak))
    if (i + 1 < Math.round((next * openTimes.length) / points)) return
    series.open_times.push(openTimes[i]!)
    series.portfolio.push(value)
    series.benchmark.push(benchmark[i]!)
    series.drawdown.push(deepest)
    deepest = 0
    next++
  })
  return series
}
