import type { Forecast, ForecastScore, Interval, LiveAccuracy, LivePayload } from '@streamforge/contracts'
import { intervalMs } from '../market/merge-candles.ts'

export interface Forecasts {
  /** Oldest first, one a bar. */
  forecasts: readonly Forecast[]
  scores: ReadonlyMap<number, ForecastScore>
  accuracy: readonly LiveAccuracy[]
}

/** A page that is open for days keeps no more. */
const kept = 2_000

/** What is known with what is new; of a bar that is told again the later word counts. */
export function mergeForecasts(known: Forecasts | undefined, { forecasts, scores, accuracy, whole }: Extract<LivePayload, { kind: 'forecasts' }>): Forecasts {
  const before = whole || !known ? { forecasts: [], scores: new Map<number, ForecastScore>() } : known
  const byTime = new Map([...before.forecasts, ...forecasts].map((f) => [f.open_time, f]))
  const shown = [...byTime.values()].sort((a, b) => a.open_time - b.open_time).slice(-kept)
  const first = shown[0]?.open_time ?? 0
  return { forecasts: shown, scores: new Map([...before.scores, ...scores.map((s) => [s.open_time, s] as const)].filter(([time]) => time >= first)), accuracy }
}

export interface PricePoint { time: number; price: number; low: number; high: number }

/** Prices that were expected, at the bar whose close they are about: it opens an interval before the outcome is known. */
export function pricePoints(forecasts: readonly Forecast[], interval: Interval): PricePoint[] {
  const length = intervalMs(interval)
  const byTime = new Map(forecasts.map(({ close, value, low, high, target_time, open_time }): [number, PricePoint] => {
    const time = length === undefined ? open_time : target_time - length
    return [time, { time, price: close * (1 + value), low: close * (1 + low), high: close * (1 + high) }]
  }))
  return [...byTime.values()].sort((a, b) => a.time - b.time)
}

/** Returns that were expected and that came, in percent, at the same bars as {@link pricePoints}. */
export function returnPoints({ forecasts, scores }: Forecasts, interval: Interval): { time: number; expected: number; actual: number | undefined }[] {
  const length = intervalMs(interval)
  return forecasts.map(({ open_time, target_time, value }) => {
    const actual = scores.get(open_time)?.actual
    return { time: length === undefined ? open_time : target_time - length, expected: value * 100, actual: actual === undefined ? undefined : actual * 100 }
  })
}

/** As the contracts' forecastKey has it: what /lineage asks for. */
export const lineageKey = ({ symbol, interval, open_time }: Pick<Forecast, 'symbol' | 'interval' | 'open_time'>) => `${symbol}_${interval}_forecast_${open_time}`

export const formatPercent = (part: number, decimals = 2) => `${(part * 100).toFixed(decimals)} %`
/** With its sign: a return. */
export const formatReturn = (part: number) => `${part > 0 ? '+' : ''}${formatPercent(part, 3)}`
