import { useEffect, useRef } from 'react'
import type { BacktestReport, ChartCandle } from '@streamforge/contracts'
import {
  BaselineSeries, CandlestickSeries, ColorType, createChart, createSeriesMarkers, LineSeries, LineStyle, type IChartApi, type ISeriesApi, type ISeriesMarkersPluginApi,
  type SeriesMarker, type UTCTimestamp,
} from 'lightweight-charts'
import { moveChart } from '../../parts/move-chart.ts'
import { useTheme, type Theme } from '../../parts/theme-toggle.tsx'
import { benchmarkPoints, drawdownPoints, portfolioPoints, type ChartPoint } from './trading-view.ts'

interface Props {
  candles: readonly ChartCandle[]
  report: BacktestReport
  /** Whose portfolios are drawn beside it, in the order of their colours. */
  compared: readonly BacktestReport[]
  decimals: number
  label: string
  /** Open time of a trade to be brought into sight. */
  shown: number | undefined
}

const seconds = (ms: number) => (ms / 1_000) as UTCTimestamp

interface Colours { text: string; grid: string; up: string; down: string; portfolio: string; benchmark: string; lost: string; lostGround: string; compared: readonly string[] }
/** The chart draws on a canvas, where style sheets do not reach: the same colours as app.css and trading.css have. */
const colours: Record<Theme, Colours> = {
  light: { text: '#526075', grid: '#e7ebf1', up: '#0b8f6a', down: '#d03a4b', portfolio: '#1c5fd0', benchmark: '#8a5a00', lost: '#c22f40', lostGround: '#c22f4033', compared: ['#0a7d5c', '#7a45c4', '#c2570a', '#a12a82'] },
  dark: { text: '#93a3b8', grid: '#1d2a3d', up: '#2bc48f', down: '#f0616d', portfolio: '#6aa5ff', benchmark: '#f2b23e', lost: '#f47781', lostGround: '#f4778133', compared: ['#2bc48f', '#b693f5', '#ff9c57', '#f08bd5'] },
}
/** So many portfolios can be told from each other. */
export const mostCompared = colours.light.compared.length

type Line = ISeriesApi<'Line'>
interface Drawn {
  chart: IChartApi
  candles: ISeriesApi<'Candlestick'>
  markers: ISeriesMarkersPluginApi<UTCTimestamp>
  portfolio: Line
  benchmark: Line
  lost: ISeriesApi<'Baseline'>
  compared: Line[]
  placed?: string
}

/** Above: candles with what was bought and sold. Between: the portfolio beside buy-and-hold and others. Below: what was lost of its peak. */
export function TradeChart({ candles, report, compared, decimals, label, shown }: Props) {
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
  useEffect(() => fill(drawn.current!, { candles, report }), [candles, report])
  useEffect(() => drawn.current!.markers.setMarkers(markersOf(report, candles, colours[theme])), [candles, report, theme])
  useEffect(() => compared.forEach((other, i) => drawn.current!.compared[i]?.setData(portfolioPoints(other).map(toData))), [compared])
  useEffect(() => {
    drawn.current!.compared.forEach((line, i) => { if (i >= compared.length) line.setData([]) })
  }, [compared])
  useEffect(() => paint(drawn.current!, theme, decimals), [theme, decimals])
  useEffect(() => { if (shown !== undefined) bringIntoSight(drawn.current!.chart, report, candles, shown) }, [shown, report, candles])
  return (
    <div ref={holder} className="chart trade-chart" role="img" aria-label={label} tabIndex={0}
      onKeyDown={(event) => { if (moveChart(drawn.current?.chart, event.key)) event.preventDefault() }} />
  )
}

const toData = ({ time, value }: ChartPoint) => ({ time: seconds(time), value })

function makeChart(element: HTMLElement): Drawn {
  const chart = createChart(element, {
    autoSize: true,
    // Its own logo brings a style element, which the content security policy forbids: the attribution stands below the chart.
    layout: { attributionLogo: false, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 },
    timeScale: { timeVisible: true, secondsVisible: false, borderVisible: false, rightOffset: 3 },
    rightPriceScale: { borderVisible: false },
  })
  const quiet = { priceLineVisible: false, lastValueVisible: false, crosshairMarkerRadius: 3 }
  const money = { priceFormat: { type: 'volume' as const } }
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: false })
  const compared = Array.from({ length: mostCompared }, () => chart.addSeries(LineSeries, { ...quiet, ...money, lineWidth: 1 }, 1))
  const benchmark = chart.addSeries(LineSeries, { ...quiet, ...money, lineWidth: 2, lineStyle: LineStyle.Dashed }, 1)
  const portfolio = chart.addSeries(LineSeries, { ...quiet, ...money, lineWidth: 2 }, 1)
  const lost = chart.addSeries(BaselineSeries, { ...quiet, lineWidth: 1, baseValue: { type: 'price', price: 0 }, topFillColor1: 'transparent', topFillColor2: 'transparent', priceFormat: { type: 'custom', formatter: (share: number) => `${share.toFixed(1)} %` } }, 2)
  ;[5, 3, 1.4].forEach((share, pane) => chart.panes()[pane]?.setStretchFactor(share))
  return { chart, candles, markers: createSeriesMarkers(candles, []) as ISeriesMarkersPluginApi<UTCTimestamp>, portfolio, benchmark, lost, compared }
}

function paint({ chart, candles, portfolio, benchmark, lost, compared }: Drawn, theme: Theme, decimals: number): void {
  const c = colours[theme]
  chart.applyOptions({ layout: { background: { type: ColorType.Solid, color: 'transparent' }, textColor: c.text, panes: { separatorColor: c.grid } }, grid: { vertLines: { color: c.grid }, horzLines: { color: c.grid } } })
  candles.applyOptions({ upColor: c.up, downColor: c.down, wickUpColor: c.up, wickDownColor: c.down, priceFormat: { type: 'price', precision: decimals, minMove: 10 ** -decimals } })
  portfolio.applyOptions({ color: c.portfolio })
  benchmark.applyOptions({ color: c.benchmark })
  lost.applyOptions({ topLineColor: c.lost, bottomLineColor: c.lost, bottomFillColor1: c.lostGround, bottomFillColor2: c.lostGround })
  compared.forEach((line, i) => line.applyOptions({ color: c.compared[i]! }))
}

function fill(drawn: Drawn, { candles, report }: Pick<Props, 'candles' | 'report'>): void {
  drawn.candles.setData(candles.map(({ open_time, open, high, low, close }) => ({ time: seconds(open_time), open, high, low, close })))
  drawn.portfolio.setData(portfolioPoints(report).map(toData))
  drawn.benchmark.setData(benchmarkPoints(report).map(toData))
  drawn.lost.setData(drawdownPoints(report).map(toData))
  // All of it at first; a person who has moved the chart keeps what they look at while more candles come.
  const name = `${report._key} ${candles.length > 0}`
  if (drawn.placed !== name) drawn.chart.timeScale().fitContent()
  drawn.placed = name
}

/** A trade is marked at the bar at whose open it was filled. Without its candle there is no place for it. */
function markersOf({ trades }: BacktestReport, candles: readonly ChartCandle[], c: Colours): SeriesMarker<UTCTimestamp>[] {
  const known = new Set(candles.map((candle) => candle.open_time))
  return trades.filter((trade) => known.has(trade.open_time)).map(({ open_time, side }) => (side === 'buy'
    ? { time: seconds(open_time), position: 'belowBar', shape: 'arrowUp', color: c.up, size: 1 }
    : { time: seconds(open_time), position: 'aboveBar', shape: 'arrowDown', color: c.down, size: 1 }))
}

const aroundBars = 60

function bringIntoSight(chart: IChartApi, report: BacktestReport, candles: readonly ChartCandle[], time: number): void {
  // The scale counts every instant that any series has.
  const instants = [...new Set([...candles.map((candle) => candle.open_time), ...report.series.open_times])].sort((a, b) => a - b)
  const at = instants.findIndex((instant) => instant >= time)
  if (at >= 0) chart.timeScale().setVisibleLogicalRange({ from: at - aroundBars, to: at + aroundBars })
}
