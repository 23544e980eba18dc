import type { Panel } from '../panel.ts'
import type { BarRange } from '../time-split.ts'

/** Forecasts of the bars given, [bars, assets] row-major, NaN where an asset has no price. */
export type Forecaster = (panel: Panel, bars: BarRange) => Float32Array

/** The price stays what it is: 0 everywhere. */
export const forecastLastValue: Forecaster = (panel, bars) => perCell(panel, bars, (close) => (close > 0 ? 0 : NaN))

/** What it did over the last `horizonBars` bars, it does again. */
export const forecastMomentum: Forecaster = (panel, bars) => {
  const back = panel.horizonBars * panel.symbols.length
  return perCell(panel, bars, (close, cell) => {
    const before = panel.close[cell - back]
    return close > 0 && before !== undefined && before > 0 ? close / before - 1 : NaN
  })
}

/** The opposite of what it did over the last `horizonBars` bars. */
export const forecastReversal: Forecaster = (panel, bars) => forecastMomentum(panel, bars).map((value) => -value)

function perCell(panel: Panel, { from, to }: BarRange, forecast: (close: number, cell: number) => number): Float32Array {
  const assets = panel.symbols.length
  return Float32Array.from({ length: (to - from) * assets }, (_, i) => forecast(panel.close[from * assets + i]!, from * assets + i))
}
