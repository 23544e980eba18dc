import { useEffect, useRef } from 'react'
import type { ChartCandle, Interval } from '@streamforge/contracts'
import { CandlestickSeries, ColorType, createChart, LineSeries, LineStyle, type IChartApi, type ISeriesApi, type UTCTimestamp } from 'lightweight-charts'
import { useTheme, type Theme } from '../../parts/theme-toggle.tsx'
import { bandSeries } from './band-series.ts'
import { pricePoints, returnPoints, type Forecasts } from './forecasts-view.ts'

interface Props { candles: readonly ChartCandle[]; forecasts: Forecasts; interval: Interval; decimals: number; label: string }

const seconds = (ms: number) => (ms / 1_000) as UTCTimestamp

/** The chart draws on a canvas, where style sheets do not reach: the same colours as app.css has. */
const colours: Record<Theme, { text: string; grid: string; up: string; down: string; forecast: string; ground: string; actual: string }> = {
  light: { text: '#526075', grid: '#e7ebf1', up: '#0b8f6a', down: '#d03a4b', forecast: '#1c5fd0', ground: '#1c5fd026', actual: '#8a5a00' },
  dark: { text: '#93a3b8', grid: '#1d2a3d', up: '#2bc48f', down: '#f0616d', forecast: '#6aa5ff', ground: '#6aa5ff2e', actual: '#f2b23e' },
}

type Line = ISeriesApi<'Line'>
interface Drawn { chart: IChartApi; candles: ISeriesApi<'Candlestick'>; band: ISeriesApi<'Custom'>; price: Line; expected: Line; actual: Line; placed: boolean }

/** Above: candles with the price that was expected of each bar and its interval. Below: expected and actual returns. */
export function ForecastChart({ candles, forecasts, interval, decimals, label }: Props) {
  const holder = useRef<HTMLDivElement>(null)
  const drawn = useRef<Drawn>(undefined)
  const theme = useTheme()
  useEffect(() => {
    const made = makeChart(holder.current!)
    drawn.current = made
    return () => {
      made.chart.remove()
      drawn.current = undefined
    }
  }, [])
  useEffect(() => paint(drawn.current!, theme, decimals), [theme, decimals])
  useEffect(() => fill(drawn.current!, { candles, forecasts, interval }), [candles, forecasts, interval])
  return <div ref={holder} className="chart" role="img" aria-label={label} />
}

function makeChart(element: HTMLElement): Drawn {
  const chart = createChart(element, {
    autoSize: true,
    // Its own logo brings a style element, which the content security policy forbids: the attribution stands below the chart.
    layout: { attributionLogo: false, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 },
    timeScale: { timeVisible: true, secondsVisible: false, borderVisible: false, rightOffset: 3 },
    rightPriceScale: { borderVisible: false },
  })
  const quiet = { priceLineVisible: false, lastValueVisible: false, crosshairMarkerRadius: 3 }
  const band = chart.addCustomSeries(bandSeries(), quiet)
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: false })
  const price = chart.addSeries(LineSeries, { ...quiet, lineWidth: 2, lineStyle: LineStyle.Dotted })
  const actual = chart.addSeries(LineSeries, { ...quiet, lineWidth: 1 }, 1)
  const expected = chart.addSeries(LineSeries, { ...quiet, lineWidth: 2 }, 1)
  chart.panes()[0]?.setStretchFactor(3)
  chart.panes()[1]?.setStretchFactor(1)
  return { chart, candles, band, price, expected, actual, placed: false }
}

function paint({ chart, candles, band, price, expected, actual }: Drawn, theme: Theme, decimals: number): void {
  const c = colours[theme]
  chart.applyOptions({ layout: { background: { type: ColorType.Solid, color: 'transparent' }, textColor: c.text, panes: { separatorColor: c.grid } }, grid: { vertLines: { color: c.grid }, horzLines: { color: c.grid } } })
  const priceFormat = { type: 'price' as const, precision: decimals, minMove: 10 ** -decimals }
  candles.applyOptions({ upColor: c.up, downColor: c.down, wickUpColor: c.up, wickDownColor: c.down, priceFormat })
  band.applyOptions({ ground: c.ground, priceFormat } as object)
  price.applyOptions({ color: c.forecast, priceFormat })
  const percent = { type: 'price' as const, precision: 3, minMove: 0.001 }
  expected.applyOptions({ color: c.forecast, priceFormat: percent })
  actual.applyOptions({ color: c.actual, priceFormat: percent })
}

function fill(drawn: Drawn, { candles, forecasts, interval }: Pick<Props, 'candles' | 'forecasts' | 'interval'>): void {
  const points = pricePoints(forecasts.forecasts, interval)
  const returns = returnPoints(forecasts, interval)
  drawn.candles.setData(candles.map(({ open_time, open, high, low, close }) => ({ time: seconds(open_time), open, high, low, close })))
  drawn.band.setData(points.map(({ time, low, high }) => ({ time: seconds(time), low, high })))
  drawn.price.setData(points.map(({ time, price }) => ({ time: seconds(time), value: price })))
  drawn.expected.setData(returns.map(({ time, expected }) => ({ time: seconds(time), value: expected })))
  drawn.actual.setData(returns.flatMap(({ time, actual }) => (actual === undefined ? [] : [{ time: seconds(time), value: actual }])))
  if (drawn.placed || !points.length) return
  drawn.placed = true
  const bars = new Set([...candles.map((candle) => candle.open_time), ...points.map(({ time }) => time)]).size
  drawn.chart.timeScale().setVisibleLogicalRange({ from: bars - 90, to: bars + 3 })
}
