import { nextAverageTrueRange, startAverageTrueRange, trueRange, type AverageTrueRangeState } from './indicators/average-true-range.ts'
import { convergenceWarmUp, nextConvergence, startConvergence, type ConvergenceState } from './indicators/moving-average-convergence.ts'
import { nextRelativeStrength, startRelativeStrength, type RelativeStrengthState } from './indicators/relative-strength.ts'
import { bollinger, realisedVolatility, standardScore } from './indicators/window-statistics.ts'

/** What features remember of the bars before, without a gap between them. Plain JSON. */
export interface BarHistory {
  /** Newest last: closes (at most 49), their log returns, volumes and trade counts (at most 48 each); a count may be unknown. */
  closes: number[]
  returns: number[]
  volumes: number[]
  counts: (number | null)[]
  strength: RelativeStrengthState
  trueRange: AverageTrueRangeState
  convergence: ConvergenceState
}

/** One closed bar as the history takes it in. `close` must be above 0. */
export interface HistoryBar {
  high: number
  low: number
  close: number
  volume: number
  tradeCount: number | null
}

const longest = 48
const period = 14
const bollingerPeriod = 20

export const startBarHistory = (): BarHistory => ({
  closes: [], returns: [], volumes: [], counts: [],
  strength: startRelativeStrength(), trueRange: startAverageTrueRange(), convergence: startConvergence(),
})

/** Takes a bar in and says what can be said of it and those before; null while there are too few. */
export function nextOfHistory(history: BarHistory, bar: HistoryBar) {
  const { closes, returns, volumes, counts } = history
  const before = closes.at(-1)
  keep(closes, bar.close, longest + 1)
  keep(volumes, bar.volume, longest)
  keep(counts, bar.tradeCount, longest)
  let strength: number | undefined
  let range: number | undefined
  if (before !== undefined) {
    keep(returns, Math.log(bar.close / before), longest)
    strength = nextRelativeStrength(history.strength, bar.close - before, period)
    range = nextAverageTrueRange(history.trueRange, trueRange(bar, before), period)
  }
  const convergence = closes.length >= convergenceWarmUp ? nextConvergence(history.convergence, closes) : undefined
  const bands = closes.length >= bollingerPeriod ? bollinger(closes, bollingerPeriod) : undefined
  const signal = convergence?.signal
  return {
    return_1: logReturn(closes, 1), return_3: logReturn(closes, 3), return_6: logReturn(closes, 6),
    return_12: logReturn(closes, 12), return_48: logReturn(closes, 48),
    volatility_12: returns.length >= 12 ? realisedVolatility(returns, 12) : null,
    volatility_48: returns.length >= 48 ? realisedVolatility(returns, 48) : null,
    volume_zscore_48: volumes.length >= longest ? standardScore(volumes, longest) : null,
    trade_count_zscore_48: counts.length >= longest && allKnown(counts) ? standardScore(counts, longest) : null,
    rsi_14: strength ?? null,
    macd: convergence ? convergence.line / bar.close : null,
    macd_signal: signal === undefined ? null : signal / bar.close,
    macd_histogram: convergence && signal !== undefined ? (convergence.line - signal) / bar.close : null,
    bollinger_percent_b: bands?.percentB ?? null,
    bollinger_width: bands?.width ?? null,
    atr_14: range === undefined ? null : range / bar.close,
  }
}

function keep<T>(values: T[], value: T, atMost: number): void {
  values.push(value)
  if (values.length > atMost) values.shift()
}

function logReturn(closes: readonly number[], bars: number): number | null {
  const before = closes.at(-1 - bars)
  return before === undefined ? null : Math.log(closes.at(-1)! / before)
}

const allKnown = (counts: readonly (number | null)[]): counts is readonly number[] => !counts.includes(null)
