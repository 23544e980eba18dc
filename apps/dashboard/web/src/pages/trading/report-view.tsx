import { useMemo, useRef, useState } from 'react'
import type { BacktestSummary } from '@streamforge/contracts'
import { priceDecimals } from '../../format.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { MetricsTable } from './metrics-table.tsx'
import { mostCompared, TradeChart } from './trade-chart.tsx'
import { TradesTable } from './trades-table.tsx'
import { backtestName, chartLabel, formatMoney, formatShare, strategyName } from './trading-view.ts'
import { useReportCandles, useReports } from './use-report.ts'
import { VerdictPanel } from './verdict-panel.tsx'

/** One backtest with what it is compared with. */
export function ReportView({ summary, others }: { summary: BacktestSummary; others: readonly BacktestSummary[] }) {
  // Buy-and-hold is drawn anyway: it is every report's own measure.
  const offered = useMemo(() => others.filter((other) => !(other.strategy === 'buy_and_hold' && other.run_id === summary.run_id)), [others, summary])
  const [keys, setKeys] = useState<readonly string[]>([])
  const [shown, setShown] = useState<number>()
  const chart = useRef<HTMLElement>(null)
  const chosen = useMemo(() => offered.filter((other) => keys.includes(other._key)), [offered, keys])
  const { reports, error } = useReports([summary._key, ...chosen.map(({ _key }) => _key)])
  const report = reports.get(summary._key)
  const compared = useMemo(() => chosen.flatMap(({ _key }) => reports.get(_key) ?? []), [chosen, reports])
  const { candles, error: candlesError } = useReportCandles(report)
  const decimals = useMemo(() => priceDecimals(candles.slice(-200).flatMap((c) => [c.open, c.close])) || 2, [candles])
  const toggle = (key: string) => setKeys((before) => (before.includes(key) ? before.filter((k) => k !== key) : [...before, key].slice(-mostCompared)))
  const show = (openTime: number) => {
    setShown(openTime)
    chart.current?.scrollIntoView({ block: 'nearest' })
  }
  if (!report) return error ? <ProblemNote error={error} /> : <p className="muted">Reading …</p>
  const { total_return: earned } = report.metrics
  return (
    <>
      <section className="panel chart-panel" aria-labelledby="trading-title" ref={chart}>
        <div className="panel-head">
          <h2 id="trading-title">{strategyName(report.strategy)} <span className="muted">{report.symbol} {report.interval}</span></h2>
          <span className={report.verdict.valid ? 'tag tag-live' : 'tag tag-bad'}>{report.verdict.valid ? '✓ valid' : '✕ not valid'}</span>
          <span className="figures">
            <span className="nowrap"><span className="muted">came to</span> <strong className="num">{formatMoney(report.metrics.final_value)}</strong></span>
            <strong className={earned.value >= 0 ? 'num up' : 'num down'}>{formatShare(earned.value)}</strong>
            <span className="nowrap"><span className="muted">buy and hold</span> <strong className="num">{formatShare(report.benchmark.total_return.value)}</strong></span>
          </span>
        </div>
        <ProblemNote error={error ?? candlesError} />
        <TradeChart candles={candles} report={report} compared={compared} decimals={decimals} label={chartLabel(report)} shown={shown} />
        <p className="legend">
          <span><i className="up" aria-hidden="true">▲</i> bought <i className="down" aria-hidden="true">▼</i> sold</span>
          <span><i className="swatch swatch-portfolio" />portfolio</span><span><i className="swatch swatch-benchmark" />buy and hold</span>
          {compared.map((other, i) => <span key={other._key}><i className={`swatch swatch-compared-${i + 1}`} />{backtestName(other, report.run_id)}</span>)}
          <span><i className="swatch swatch-lost" />lost of the peak (below)</span>
          <span className="push">UTC. Charts: <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">TradingView Lightweight Charts™</a>, © 2025 TradingView, Inc.</span>
        </p>
        {offered.length > 0 && (
          <fieldset>
            <legend>Compare with (up to {mostCompared})</legend>
            <div className="choices">
              {offered.slice(0, 12).map((other) => <label key={other._key} className="choice"><input type="checkbox" checked={keys.includes(other._key)} onChange={() => toggle(other._key)} /><span>{backtestName(other, report.run_id)}</span></label>)}
            </div>
          </fieldset>
        )}
      </section>
      <MetricsTable report={report} compared={compared} />
      <VerdictPanel report={report} />
      <TradesTable report={report} decimals={decimals} onShow={show} />
    </>
  )
}
