import { useCallback, useEffect, useMemo, useState } from 'react'
import type { CandlesAnswer, ChartCandle, ForecastSeries, Interval } from '@streamforge/contracts'
import { getJson } from '../../api.ts'
import { formatCount, formatInstant, priceDecimals } from '../../format.ts'
import { useLive } from '../../live/use-live.ts'
import { formatFigure } from '../../parts/nice-ticks.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { Link } from '../../router.tsx'
import { lastClosed, mergeCandles } from '../market/merge-candles.ts'
import { ForecastChart } from './forecast-chart.tsx'
import { formatPercent, formatReturn, lineageKey, mergeForecasts, type Forecasts } from './forecasts-view.ts'

const pageSize = 700

/** One series: its candles, what was and is expected of it, and how that turned out; all of it as it comes. */
export function ForecastPanel({ series: { venue, symbol, interval, live } }: { series: ForecastSeries }) {
  const { candles, error } = useCandles(venue, symbol, interval)
  const [forecasts, setForecasts] = useState<Forecasts>()
  useLive({ kind: 'forecasts', venue, symbol, interval }, { onData: (told) => setForecasts((known) => mergeForecasts(known, told)) })
  const decimals = useMemo(() => priceDecimals((candles ?? []).slice(-200).flatMap((c) => [c.open, c.close])), [candles])
  const newest = forecasts?.forecasts.at(-1)
  return (
    <>
      <section className="panel chart-panel" aria-labelledby="forecast-title">
        <div className="panel-head">
          <h2 id="forecast-title">{symbol} <span className="muted">{interval}</span></h2>
          {live ? <span className="tag tag-live">live</span> : <span className="tag">stored history</span>}
          {newest && (
            <span className="figures" aria-live="polite">
              <span className="nowrap muted">until {formatInstant(newest.target_time)}</span>
              <span className="nowrap"><span className="muted">expected</span> <strong className={newest.value >= 0 ? 'num up' : 'num down'}>{formatReturn(newest.value)}</strong></span>
              <span className="nowrap num muted">{formatReturn(newest.low)} … {formatReturn(newest.high)} in {formatPercent(newest.coverage, 0)} of cases</span>
              <span className="nowrap muted">{newest.model} v{newest.model_version}</span>
            </span>
          )}
        </div>
        <ProblemNote error={error} />
        {forecasts?.forecasts.length === 0 && <p className="empty">No forecast has been stored yet.</p>}
        {forecasts !== undefined && candles !== undefined && newest && (
          <ForecastChart candles={candles} forecasts={forecasts} interval={interval} decimals={decimals}
            label={`Candles of ${symbol}, ${interval}, with ${formatCount(forecasts.forecasts.length)} forecasts and their intervals; the newest expects ${formatReturn(newest.value)} until ${formatInstant(newest.target_time)} UTC`} />
        )}
        <p className="legend">
          <span><i className="swatch swatch-forecast" />expected, with its interval</span><span><i className="swatch swatch-actual" />return that came, in percent (below)</span>
          <span className="push">UTC. Charts: <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">TradingView Lightweight Charts™</a>, © 2025 TradingView, Inc.</span>
        </p>
      </section>
      {forecasts !== undefined && newest && <><Accuracy forecasts={forecasts} /><Newest forecasts={forecasts} /></>}
    </>
  )
}

function useCandles(venue: string, symbol: string, interval: Interval): { candles: ChartCandle[] | undefined; error: unknown } {
  const [candles, setCandles] = useState<ChartCandle[]>()
  const [error, setError] = useState<unknown>()
  const load = useCallback((signal?: AbortSignal) => {
    const query = new URLSearchParams({ venue, symbol, interval, limit: String(pageSize) })
    return getJson<CandlesAnswer>(`/api/candles?${query}`, signal).then((answer) => setCandles((known) => mergeCandles(known ?? [], answer.candles)), (e: unknown) => { if (!signal?.aborted) setError(e) })
  }, [venue, symbol, interval])
  useEffect(() => {
    const abort = new AbortController()
    void load(abort.signal)
    return () => abort.abort()
  }, [load])
  useLive(candles && { kind: 'candles', venue, symbol, interval }, {
    since: () => (candles ? lastClosed(candles) : undefined),
    onData: (told) => {
      if (told.candles.length) setCandles((known) => mergeCandles(known ?? [], told.candles))
      if (told.stored) void load()
    },
  })
  return { candles, error }
}

function Accuracy({ forecasts: { accuracy } }: { forecasts: Forecasts }) {
  return (
    <section className="panel" aria-labelledby="accuracy-title">
      <h2 id="accuracy-title">How the models did</h2>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="accuracy-title">
        <table>
          <thead><tr><th>Model</th><th className="num">Forecasts</th><th className="num">With outcome</th><th className="num">Right sign</th><th className="num">Within interval</th><th className="num">MSE</th></tr></thead>
          <tbody>
            {accuracy.toReversed().map((a) => (
              <tr key={`${a.model} ${a.model_version}`}>
                <th scope="row" className="nowrap"><Link href="/models">{a.model} v{a.model_version}</Link></th><td className="num">{formatCount(a.forecasts)}</td><td className="num">{formatCount(a.scored)}</td>
                <td className="num">{a.hit_rate === undefined ? '–' : formatPercent(a.hit_rate, 1)}</td><td className="num">{a.coverage === undefined ? '–' : formatPercent(a.coverage, 1)}</td>
                <td className="num">{a.mse === undefined ? '–' : formatFigure(a.mse)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

const shownForecasts = 40

function Newest({ forecasts: { forecasts, scores } }: { forecasts: Forecasts }) {
  return (
    <section className="panel" aria-labelledby="newest-title">
      <h2 id="newest-title">Newest forecasts against what came</h2>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="newest-title">
        <table>
          <thead><tr><th>Until</th><th className="num">Expected</th><th className="num">Interval</th><th className="num">Came</th><th>Outcome</th><th>Made</th><th>Model</th><th><span className="sr-only">Origin</span></th></tr></thead>
          <tbody>
            {forecasts.slice(-shownForecasts).toReversed().map((f) => {
              const score = scores.get(f.open_time)
              return (
                <tr key={f.open_time}>
                  <th scope="row" className="nowrap">{formatInstant(f.target_time)}</th><td className="num">{formatReturn(f.value)}</td><td className="num">{formatReturn(f.low)} … {formatReturn(f.high)}</td>
                  <td className="num">{score ? formatReturn(score.actual) : '–'}</td>
                  <td className="nowrap">{score ? <><span className={score.hit ? 'good' : 'bad'}>{score.hit ? '✓ right sign' : '✕ wrong sign'}</span>{!score.covered && <span className="bad">, outside</span>}</> : <span className="muted">to come</span>}</td>
                  <td className="nowrap">{f.backfilled ? 'afterwards' : 'live'}</td><td className="nowrap">{f.model} v{f.model_version}</td>
                  <td><Link href={`/forecasts/lineage/${lineageKey(f)}`} aria-label={`Where the forecast until ${formatInstant(f.target_time)} comes from`}>Lineage</Link></td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </section>
  )
}
