import { useEffect, useRef } from 'react'
import type { ChartCandle } from '@streamforge/contracts'
import {
  CandlestickSeries, ColorType, createChart, HistogramSeries, type IChartApi, type ISeriesApi, type UTCTimestamp,
} from 'lightweight-charts'
import type { Missing } from './merge-candles.ts'
import { moveChart } from '../../parts/move-chart.ts'
import { useTheme, type Theme } from '../../parts/theme-toggle.tsx'

interface Props {
  candles: readonly ChartCandle[]
  missing: readonly Missing[]
  decimals: number
  label: string
  onHover: (candle: ChartCandle | undefined) => void
  /** The oldest candle has come into sight. */
  onOldest: () => void
}

const seconds = (ms: number) => (ms / 1_000) as UTCTimestamp

/** The chart draws on a canvas, where style sheets do not reach: the same colours as app.css has. */
const colours: Record<Theme, { text: string; grid: string; up: string; down: string; upVolume: string; downVolume: string; exchange: string; absent: string; partial: string; incomplete: string }> = {
  light: { text: '#526075', grid: '#e7ebf1', up: '#0b8f6a', down: '#d03a4b', upVolume: '#0b8f6a55', downVolume: '#d03a4b55', exchange: '#e09b1d44', absent: '#8a63d255', partial: '#e09b1d44', incomplete: '#2f7fd14d' },
  dark: { text: '#93a3b8', grid: '#1d2a3d', up: '#2bc48f', down: '#f0616d', upVolume: '#2bc48f55', downVolume: '#f0616d55', exchange: '#f2b23e44', absent: '#a98bf055', partial: '#f2b23e44', incomplete: '#5aa2f04d' },
}

interface Drawn { chart: IChartApi; candles: ISeriesApi<'Candlestick'>; volume: ISeriesApi<'Histogram'>; missing: ISeriesApi<'Histogram'> }

export function CandleChart({ candles, missing, decimals, label, onHover, onOldest }: Props) {
  const holder = useRef<HTMLDivElement>(null)
  const drawn = useRef<Drawn>(undefined)
  const before = useRef<{ candles: readonly ChartCandle[]; missing: readonly Missing[]; theme: Theme }>(undefined)
  const latest = useRef({ candles, onHover, onOldest })
  useEffect(() => { latest.current = { candles, onHover, onOldest } })
  const theme = useTheme()

  useEffect(() => {
    const chart = createChart(holder.current!, {
      autoSize: true,
      // Its own logo brings a style element, which the content security policy forbids: the attribution stands below the chart.
      layout: { attributionLogo: false, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 },
      timeScale: { timeVisible: true, secondsVisible: false, borderVisible: false, rightOffset: 4 },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.06, bottom: 0.24 } },
    })
    const overlay = { priceLineVisible: false, lastValueVisible: false }
    const missingSeries = chart.addSeries(HistogramSeries, { ...overlay, priceScaleId: 'missing' })
    const volume = chart.addSeries(HistogramSeries, { ...overlay, priceScaleId: 'volume', priceFormat: { type: 'volume' } })
    const series = chart.addSeries(CandlestickSeries, { borderVisible: false })
    chart.priceScale('missing').applyOptions({ scaleMargins: { top: 0, bottom: 0 }, visible: false })
    chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.82, bottom: 0 }, visible: false })
    chart.subscribeCrosshairMove(({ time }) => {
      latest.current.onHover(time === undefined ? undefined : latest.current.candles.find((c) => c.open_time / 1_000 === time))
    })
    chart.timeScale().subscribeVisibleLogicalRangeChange((range) => { if (range && range.from < 10) latest.current.onOldest() })
    drawn.current = { chart, candles: series, volume, missing: missingSeries }
    return () => {
      chart.remove()
      drawn.current = undefined
      before.current = undefined
    }
  }, [])

  useEffect(() => {
    const { chart, candles: series } = drawn.current!
    const c = colours[theme]
    chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: 'transparent' }, textColor: c.text },
      grid: { vertLines: { color: c.grid }, horzLines: { color: c.grid } },
    })
    series.applyOptions({ upColor: c.up, downColor: c.down, wickUpColor: c.up, wickDownColor: c.down, priceFormat: { type: 'price', precision: decimals, minMove: 10 ** -decimals } })
  }, [theme, decimals])

  useEffect(() => {
    draw(drawn.current!, { candles, missing, theme }, before.current)
    before.current = { candles, missing, theme }
  }, [candles, missing, theme])

  return <div ref={holder} className="chart" role="img" aria-label={label} tabIndex={0} onKeyDown={(event) => void moveChart(drawn.current?.chart, event.key)} />
}

/** Only what has changed at the end is drawn anew, where that is all. */
function draw({ chart, candles: series, volume, missing: missingSeries }: Drawn, now: { candles: readonly ChartCandle[]; missing: readonly Missing[]; theme: Theme }, before: typeof now | undefined): void {
  const { candles, missing, theme } = now
  const c = colours[theme]
  const bar = ({ open_time, open, high, low, close }: ChartCandle) => ({ time: seconds(open_time), open, high, low, close })
  const volumeBar = ({ open_time, volume: value, open, close }: ChartCandle) => ({ time: seconds(open_time), value, color: close >= open ? c.upVolume : c.downVolume })
  const tail = before?.theme === theme && sameTimes(before.missing, missing) ? newTail(before.candles, candles) : undefined
  if (tail) {
    for (const candle of tail) {
      series.update(bar(candle))
      volume.update(volumeBar(candle))
    }
    return
  }
  const blanks = missing.filter((m) => m.cause === 'exchange' || m.cause === 'absent').map((m) => ({ time: seconds(m.open_time) }))
  const range = chart.timeScale().getVisibleLogicalRange()
  const added = before ? candles.findIndex((candle) => candle.open_time >= (before.candles[0]?.open_time ?? 0)) : 0
  series.setData([...candles.map(bar), ...blanks].sort((a, b) => a.time - b.time))
  volume.setData(candles.map(volumeBar))
  missingSeries.setData(missing.map((m) => ({ time: seconds(m.open_time), value: 1, color: c[m.cause] })))
  if (!before || before.candles.length < 20) chart.timeScale().setVisibleLogicalRange(firstRange(candles.length + blanks.length, chart.timeScale().width()))
  else if (range && added > 0) chart.timeScale().setVisibleLogicalRange({ from: range.from + added, to: range.to + added })
}

/** The newest candles, as many as can be told from each other; few of them keep to the right, and are not drawn as broad as the chart. */
function firstRange(bars: number, width: number): { from: number; to: number } {
  const shown = Math.max(40, Math.min(bars, Math.floor(width / 5)))
  return { from: bars - shown, to: bars + 4 }
}

const sameTimes = (a: readonly Missing[], b: readonly Missing[]) =>
  a.length === b.length && a.every((one, i) => one.open_time === b[i]!.open_time && one.cause === b[i]!.cause)

/** The candles at the end that differ, if all before them are the same objects as before. */
function newTail(before: readonly ChartCandle[], now: readonly ChartCandle[]): readonly ChartCandle[] | undefined {
  const same = before.length - 1
  if (same < 0 || now.length < before.length || now[0] !== before[0] || now[same - 1] !== before[same - 1]) return undefined
  if (now[same]!.open_time !== before[same]!.open_time) return undefined
  return now.slice(same)
}
