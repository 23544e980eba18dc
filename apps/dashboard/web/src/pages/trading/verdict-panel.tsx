import type { BacktestReport } from '@streamforge/contracts'
import { formatCount, formatInstant } from '../../format.ts'
import { Link } from '../../router.tsx'
import { checkName, formatMoney } from './trading-view.ts'

/** Whether the figures may be believed, and why; what the run was, and its file. */
export function VerdictPanel({ report }: { report: BacktestReport }) {
  const { verdict: { valid, checks, warnings }, rules, csv } = report
  const facts: [string, string][] = [
    ['Test bars', `${formatInstant(report.from)} – ${formatInstant(report.to)}`],
    ['Bars', `${formatCount(report.bars)}${report.missing_bars ? `, ${formatCount(report.missing_bars)} missing` : ''}`],
    ['Folds', String(report.folds.length)], ['Capital', formatMoney(rules.initial_capital)], ['Fee', `${rules.fee_bps} bps`], ['Slippage', `${rules.slippage_bps} bps`],
    ['Lot', String(rules.lot_size)], ['Share of cash a buy spends', String(rules.position_share)],
  ]
  return (
    <section className="panel" aria-labelledby="verdict-title">
      <div className="panel-head"><h2 id="verdict-title">Can it be believed?</h2><span className={valid ? 'tag tag-live' : 'tag tag-bad'}>{valid ? '✓ valid' : '✕ not valid'}</span></div>
      <ul className="checks">
        {checks.map(({ name, passed, message }) => (
          <li key={name}>
            <span className={passed ? 'good' : 'bad'} role="img" aria-label={passed ? 'passed' : 'failed'}>{passed ? '✓' : '✕'}</span>
            <div><strong>{checkName(name)}</strong><div className="muted">{message}</div></div>
          </li>
        ))}
        {warnings.map((warning) => <li key={warning}><span className="warn" role="img" aria-label="warning">!</span><div className="muted">{warning}</div></li>)}
      </ul>
      <dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <details>
        <summary>Folds, in time order</summary>
        <div className="scroll" tabIndex={0} role="region" aria-label="Folds">
          <table className="tight">
            <thead><tr><th scope="col">Trained on</th><th scope="col">Validated on</th><th scope="col">Tested on</th></tr></thead>
            <tbody>{report.folds.map(({ train, validation, test }) => <tr key={test.from}>{[train, validation, test].map(({ from, to }) => <td key={from} className="nowrap">{formatInstant(from)}<div>{formatInstant(to)}</div></td>)}</tr>)}</tbody>
          </table>
        </div>
      </details>
      <p className="links">
        <a href={`/api/backtests/${report._key}/csv`} download>CSV of every bar</a><span className="muted"> {formatCount(csv.rows)} rows</span>
        {' · '}<Link href={`/models/${report.run_id}`}>Training run</Link>{' · '}<Link href={`/workflows/${report.workflow_id}`}>Workflow</Link>
      </p>
    </section>
  )
}
