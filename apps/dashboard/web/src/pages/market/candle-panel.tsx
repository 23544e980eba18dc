import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { CandlesAnswer, ChartCandle, Gap, Instrument, Interval } from '@streamforge/contracts'
import { getJson } from '../../api.ts'
import { useLive } from '../../live/use-live.ts'
import { formatCompact, formatCount, formatInstant, priceDecimals } from '../../format.ts'
import { intervalMs, lastClosed, mergeCandles, missingCandles, type ClosedSpan, type Missing } from './merge-candles.ts'
import { CandleChart } from './candle-chart.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'

const pageSize = 1_000

/** Candles of one series: the stored ones, older ones as one scrolls back, and what comes live. */
export function CandlePanel({ instrument, interval }: { instrument: Instrument; interval: Interval }) {
  const { venue, symbol } = instrument
  const [candles, setCandles] = useState<ChartCandle[]>()
  const [gaps, setGaps] = useState<Gap[]>([])
  const [closed, setClosed] = useState<readonly ClosedSpan[]>([])
  const [more, setMore] = useState(false)
  const [error, setError] = useState<unknown>()
  const [hovered, setHovered] = useState<ChartCandle>()
  const loading = useRef(false)
  const load = useCallback(async (to?: number) => {
    if (loading.current) return
    loading.current = true
    try {
      const query = new URLSearchParams({ venue, symbol, interval, limit: String(pageSize), ...(to !== undefined && { to: String(to) }) })
      const answer = await getJson<CandlesAnswer>(`/api/candles?${query}`)
      setCandles((known) => mergeCandles(known ?? [], answer.candles))
      setGaps((known) => mergeGaps(known, answer.gaps))
      if (answer.closed) setClosed((known) => mergeClosed(known, answer.closed!))
      setMore((before) => (to === undefined ? before || answer.more : answer.more))
      setError(undefined)
    } catch (e) {
      setError(e)
    } finally {
      loading.current = false
    }
  }, [venue, symbol, interval])
  useEffect(() => { void load() }, [load])
  useLive(candles && { kind: 'candles', venue, symbol, interval }, {
    since: () => (candles ? lastClosed(candles) : undefined),
    onData: (data) => {
      if (data.candles.length) setCandles((known) => mergeCandles(known ?? [], data.candles))
      if (data.gaps.length) setGaps((known) => mergeGaps(known, data.gaps))
      if (data.stored) void load()
    },
  })
  const missing = useMemo(() => missingCandles(candles ?? [], gaps, intervalMs(interval), closed), [candles, gaps, interval, closed])
  const decimals = useMemo(() => priceDecimals((candles ?? []).slice(-200).flatMap((c) => [c.open, c.close])), [candles])
  const oldest = candles?.[0]?.open_time
  const loadOlder = useCallback(() => { if (more && oldest !== undefined) void load(oldest) }, [more, oldest, load])
  const shown = hovered ?? candles?.at(-1)
  const count = (cause: Missing['cause']) => missing.filter((m) => m.cause === cause).length
  const [exchange, absent, partial, incomplete] = [count('exchange'), count('absent'), count('partial'), count('incomplete')]
  const isDerived = instrument.derived_intervals.includes(interval)
  const isLive = isDerived ? instrument.live_trades : instrument.live_intervals.includes(interval)
  return (
    <section className="panel chart-panel" aria-labelledby="candles-title">
      <div className="panel-head">
        <h2 id="candles-title">{symbol} <span className="muted">{interval}</span></h2>
        {isLive ? <span className="tag tag-live">live</span> : <span className="tag">stored history</span>}
        {isDerived && <span className="tag">made from trades</span>}
        {shown && <Figures candle={shown} decimals={decimals} />}
      </div>
      <ProblemNote error={error} />
      {candles?.length === 0 && <p className="empty">No candle has been stored yet.</p>}
      {candles !== undefined && candles.length > 0 && (
        <CandleChart candles={candles} missing={missing} decimals={decimals} onHover={setHovered} onOldest={loadOlder}
          label={`Candles of ${symbol}, ${interval}, ${formatCount(candles.length)} shown, the last at ${formatInstant(candles.at(-1)!.open_time)} UTC with a close of ${candles.at(-1)!.close.toFixed(decimals)}`} />
      )}
      <p className="legend">
        {exchange > 0 && <span><i className="swatch swatch-exchange" />{formatCount(exchange)} the venue does not have</span>}
        {absent > 0 && <span><i className="swatch swatch-absent" />{formatCount(absent)} not stored</span>}
        {partial > 0 && <span><i className="swatch swatch-exchange" />{formatCount(partial)} of which the venue lacks trades</span>}
        {incomplete > 0 && <span><i className="swatch swatch-incomplete" />{formatCount(incomplete)} with trades missing or not proved</span>}
        {missing.length === 0 && candles !== undefined && candles.length > 1 && <span>no gap among {formatCount(candles.length)} candles</span>}
        <span className="push">UTC. Charts: <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">TradingView Lightweight Charts™</a>, © 2025 TradingView, Inc.</span>
      </p>
    </section>
  )
}

const mergeGaps = (known: readonly Gap[], news: readonly Gap[]): Gap[] =>
  [...new Map([...known, ...news].map((gap) => [`${gap.queue_id} ${gap.from}`, gap])).values()]

const mergeClosed = (known: readonly ClosedSpan[], news: readonly ClosedSpan[]): ClosedSpan[] =>
  [...new Map([...known, ...news].map((span) => [span.from, span])).values()]

function Figures({ candle, decimals }: { candle: ChartCandle; decimals: number }) {
  const up = candle.close >= candle.open
  const figures = [['O', candle.open], ['H', candle.high], ['L', candle.low], ['C', candle.close]] as const
  return (
    <span className="figures">
      <span className="muted nowrap">{formatInstant(candle.open_time)}{!candle.closed && ' (open)'}</span>
      {figures.map(([name, value]) => <span key={name} className="nowrap"><span className="muted">{name}</span> <span className={`num ${up ? 'up' : 'down'}`}>{value.toFixed(decimals)}</span></span>)}
      <span className="nowrap"><span className="muted">Vol</span> <span className="num">{formatCompact(candle.volume)}</span></span>
    </span>
  )
}
