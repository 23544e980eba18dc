import type { BacktestReport, BacktestSummary } from '@streamforge/contracts'
import { formatFigure } from '../../parts/nice-ticks.ts'
import { backtestName, metricRows, strategyName } from './trading-view.ts'

/** What the strategy came to beside buy-and-hold over the same bars, and beside others; each with its interval. */
export function MetricsTable({ report, compared }: { report: BacktestReport; compared: readonly BacktestSummary[] }) {
  const columns = [
    { key: report._key, name: strategyName(report.strategy), metrics: report.metrics, swatch: 'swatch-portfolio' },
    { key: 'benchmark', name: 'Buy and hold', metrics: report.benchmark, swatch: 'swatch-benchmark' },
    ...compared.map((other, i) => ({ key: other._key, name: backtestName(other, report.run_id), metrics: other.metrics, swatch: `swatch-compared-${i + 1}` })),
  ]
  const { value, low, high } = report.excess_return
  return (
    <section className="panel" aria-labelledby="metrics-title">
      <div className="panel-head"><h2 id="metrics-title">What it came to</h2><span className="muted">value and 95 % interval</span></div>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="metrics-title">
        <table>
          <thead><tr><th scope="col">Metric</th>{columns.map(({ key, name, swatch }) => <th scope="col" key={key} className="num"><i className={`swatch ${swatch}`} />{name}</th>)}</tr></thead>
          <tbody>
            {metricRows.map(({ name, about, of }) => (
              <tr key={name}>
                <th scope="row" className="nowrap"><abbr title={about}>{name}</abbr></th>
                {columns.map(({ key, metrics }) => {
                  const cell = of(metrics)
                  return <td key={key} className="num">{cell ? <><strong className={cell.tone}>{cell.text}</strong>{cell.interval && <div className="muted">{cell.interval}</div>}</> : '–'}</td>
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="muted small">
        Logarithmic return above buy and hold: <strong className="num">{formatFigure(value)}</strong>, from <span className="num">{formatFigure(low)}</span> to <span className="num">{formatFigure(high)}</span>
        {low > 0 ? ': better, as far as these bars can tell.' : high < 0 ? ': worse, as far as these bars can tell.' : ': no difference that these bars could prove.'}
      </p>
    </section>
  )
}
