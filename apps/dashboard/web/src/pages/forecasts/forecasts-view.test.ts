import type { Forecast, ForecastScore } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { formatReturn, lineageKey, mergeForecasts, pricePoints, returnPoints } from './forecasts-view.ts'

const step = 300_000
const start = Date.UTC(2025, 0, 1)
const forecast = (i: number, value = 0.01): Forecast => ({
  kind: 'forecast', venue: 'binance', symbol: 'BTCUSDT', interval: '5m', open_time: start + i * step, model: 'gnn-5m', model_version: 1, horizon_bars: 1, run_id: 'run-1234', close: 100, value,
  low: value - 0.1, high: value + 0.1, coverage: 0.9, inputs: [], target_time: start + (i + 2) * step, event_time: start + (i + 1) * step, known_time: start + (i + 1) * step, backfilled: false,
})
const score = (i: number, actual: number) => ({ open_time: start + i * step, actual }) as ForecastScore
const told = (forecasts: Forecast[], scores: ForecastScore[] = [], whole = false) => ({ kind: 'forecasts' as const, forecasts, scores, accuracy: [], whole })

describe('forecasts', () => {
  it('grow by what is new, one a bar', () => {
    const first = mergeForecasts(undefined, told([forecast(0), forecast(1)], [score(0, 0.02)], true))
    const second = mergeForecasts(first, told([forecast(2), forecast(1, 0.05)], [score(1, 0.03)]))
    expect(second.forecasts.map((f) => [(f.open_time - start) / step, f.value])).toEqual([[0, 0.01], [1, 0.05], [2, 0.01]])
    expect([...second.scores.values()].map((s) => s.actual)).toEqual([0.02, 0.03])
    expect(mergeForecasts(second, told([forecast(9)], [], true)).forecasts).toHaveLength(1)
    expect(mergeForecasts(second, told([forecast(9)], [], true)).scores.size).toBe(0)
  })

  it('are drawn at the bar whose close they are about', () => {
    const forecasts = mergeForecasts(undefined, told([forecast(0), forecast(1)], [score(0, -0.02)], true))
    expect(pricePoints(forecasts.forecasts, '5m').map((p) => [(p.time - start) / step, Math.round(p.price), Math.round(p.low), Math.round(p.high)])).toEqual([[1, 101, 91, 111], [2, 101, 91, 111]])
    expect(returnPoints(forecasts, '5m')).toMatchObject([{ expected: 1, actual: -2 }, { expected: 1, actual: undefined }])
  })

  it('are asked about by their key', () => {
    expect(lineageKey(forecast(3))).toBe(`BTCUSDT_5m_forecast_${start + 3 * step}`)
    expect([formatReturn(0.00123), formatReturn(-0.02)]).toEqual(['+0.123 %', '-2.000 %'])
  })
})
