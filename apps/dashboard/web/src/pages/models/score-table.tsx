import { useRef, useState } from 'react'
import type { Measured, Scores } from '@streamforge/contracts'
import { formatFigure, niceTicks } from '../../parts/nice-ticks.ts'
import { useWidth } from '../../parts/use-width.ts'
import { bestBy, forecasterName, metricAbout, metricName, metricsOf } from './models-view.ts'

/** Every forecaster on the same held-out bars: a table of all metrics, and one of them drawn with its intervals. */
export function ScoreTable({ scores, title }: { scores: Readonly<Record<string, Scores>>; title: string }) {
  const metrics = metricsOf(scores)
  const [chosen, setChosen] = useState<string>()
  const metric = chosen !== undefined && metrics.includes(chosen) ? chosen : metrics.includes('rank_ic') ? 'rank_ic' : metrics[0]
  if (metric === undefined) return null
  const best = new Map(metrics.map((m) => [m, bestBy(scores, m)]))
  return (
    <section className="panel" aria-labelledby="scores-title">
      <div className="panel-head"><h2 id="scores-title">{title}</h2><span className="muted">value and 95 % interval; ★ best</span></div>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="scores-title">
        <table>
          <thead><tr><th>Who</th>{metrics.map((m) => <th key={m} className="num"><abbr title={metricAbout(m)}>{metricName(m)}</abbr></th>)}</tr></thead>
          <tbody>
            {Object.entries(scores).map(([name, of]) => (
              <tr key={name}>
                <th scope="row" className="nowrap">{forecasterName(name)}</th>
                {metrics.map((m) => <td key={m} className="num">{of[m] ? <Score measured={of[m]} best={best.get(m)!.includes(name)} /> : '–'}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="panel-head">
        <div className="segments" role="group" aria-label="Metric to draw">
          {metrics.map((m) => <button key={m} type="button" aria-pressed={m === metric} onClick={() => setChosen(m)}>{metricName(m)}</button>)}
        </div>
        <span className="muted">{metricAbout(metric)}</span>
      </div>
      <Intervals metric={metric} scores={scores} />
    </section>
  )
}

const Score = ({ measured: { value, low, high }, best }: { measured: Measured; best: boolean }) => (
  <><strong>{best && <span role="img" aria-label="best">★ </span>}{formatFigure(value)}</strong><div className="muted nowrap">{formatFigure(low)} … {formatFigure(high)}</div></>
)

const rowHeight = 30
const nameWidth = 132

function Intervals({ metric, scores }: { metric: string; scores: Readonly<Record<string, Scores>> }) {
  const holder = useRef<HTMLDivElement>(null)
  const width = useWidth(holder)
  const rows = Object.entries(scores).flatMap(([name, of]) => (of[metric] ? [{ name, ...of[metric] }] : []))
  const [low, high] = [Math.min(0, ...rows.map((r) => r.low)), Math.max(0, ...rows.map((r) => r.high))]
  const toX = (value: number) => nameWidth + 8 + ((value - low) / (high - low || 1)) * (width - nameWidth - 24)
  const label = `${metricName(metric)}: ${rows.map((r) => `${forecasterName(r.name)} ${formatFigure(r.value)}, from ${formatFigure(r.low)} to ${formatFigure(r.high)}`).join('; ')}`
  return (
    <div ref={holder} role="img" aria-label={label} className="intervals">
      {width > 0 && (
        <svg width={width} height={rows.length * rowHeight + 20} aria-hidden="true">
          {niceTicks(low, high, Math.max(2, Math.floor(width / 160))).map((x) => (
            <g key={x}>
              <line className={x === 0 ? 'zero-line' : 'grid-line'} x1={toX(x)} x2={toX(x)} y1={0} y2={rows.length * rowHeight} />
              <text x={toX(x)} y={rows.length * rowHeight + 14} textAnchor="middle">{formatFigure(x)}</text>
            </g>
          ))}
          {rows.map(({ name, value, low: from, high: to }, i) => (
            <g key={name} className={['gnn', 'dqn'].includes(name) ? 'tone-1' : 'tone-2'} transform={`translate(0 ${i * rowHeight + rowHeight / 2})`}>
              <text x={nameWidth} y={4} textAnchor="end">{forecasterName(name)}</text>
              <line x1={toX(from)} x2={toX(to)} y1={0} y2={0} /><line x1={toX(from)} x2={toX(from)} y1={-5} y2={5} /><line x1={toX(to)} x2={toX(to)} y1={-5} y2={5} />
              <circle cx={toX(value)} cy={0} r={4.5} />
            </g>
          ))}
        </svg>
      )}
    </div>
  )
}
