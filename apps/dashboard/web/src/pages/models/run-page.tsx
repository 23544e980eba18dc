import type { TrainingRun } from '@streamforge/contracts'
import { formatDuration, formatInstant } from '../../format.ts'
import { LineChart, type ChartLine } from '../../parts/line-chart.tsx'
import { formatFigure } from '../../parts/nice-ticks.ts'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Link } from '../../router.tsx'
import { agentCurves, learningCurves } from './learning-curves.ts'
import { allScores, type Models } from './models-view.ts'
import { ScoreTable } from './score-table.tsx'

/** One training run: its learning curve as it grows, its scores beside the baselines, and what it was made of. */
export function RunPage({ runId, models }: { runId: string; models: Models }) {
  const run = models.runs.find((r) => r.run_id === runId)
  const version = models.versions.find((v) => v.run_id === runId)
  if (!run) return <p className="empty">There is no run <code>{runId}</code> among the newest. <Link href="/models">To the models</Link></p>
  const [loss, others] = curvesOf(run)
  const scores = run.scores ?? (version && allScores(version))
  const last = run.epochs.at(-1)
  const at = last && `Loss after epoch ${last.epoch} of ${last.epochs}: ${formatFigure(last.loss)}${last.metrics['loss'] === undefined ? '' : `, validation ${formatFigure(last.metrics['loss'])}`}`
  return (
    <>
      <p className="crumbs"><Link href="/models">Models</Link> / <code>{runId}</code></p>
      <div className="title-row"><h1>{run.model}{run.model_version !== undefined && ` version ${run.model_version}`}</h1><span aria-live="polite"><StatusChip status={run.status} /></span></div>
      <p className={run.status === 'failed' ? 'note note-bad' : 'note'}>{run.message}</p>
      <section className="panel" aria-labelledby="curve-title">
        <div className="panel-head">
          <h2 id="curve-title">Learning curve</h2>
          {at && <span className="muted">{at}</span>}
          {run.status === 'running' && last?.eta_seconds !== undefined && <span className="tag tag-live">at most {formatDuration(last.eta_seconds)} left</span>}
        </div>
        {run.epochs.length === 0 && <p className="empty">No epoch has ended yet.</p>}
        {loss.length > 0 && <div className="curves"><LineChart lines={loss} label={`Learning curve. ${at}`} xName="epoch" />{others.map((line) => <LineChart key={line.name} lines={[line]} label={`${line.name} ${formatFigure(line.points.at(-1)?.[1] ?? 0)}`} xName="epoch" />)}</div>}
      </section>
      {scores && <ScoreTable scores={scores} title="On held-out bars, beside the baselines" />}
      <Origin run={run} />
    </>
  )
}

/** What belongs together in one picture, and what has one for itself. */
function curvesOf(run: TrainingRun): [together: readonly ChartLine[], apart: readonly ChartLine[]] {
  if (run.kind === 'agent') {
    const [loss, ...others] = agentCurves(run)
    return [loss ? [loss] : [], others]
  }
  const { loss, others } = learningCurves(run)
  return [loss, others]
}

function Origin({ run }: { run: TrainingRun }) {
  const facts: [string, string][] = [
    ['Backend', run.backend], ['Seed', String(run.seed)], ['Code', run.code_version], ['Features', `${run.feature_set}, ${run.interval}`], ['Assets', `${run.symbols.length}: ${run.symbols.slice(0, 6).join(', ')}${run.symbols.length > 6 ? ' …' : ''}`],
    ...Object.entries(run.parts ?? {}).map(([part, { from, to }]): [string, string] => [`Part: ${part}`, `${formatInstant(from)} – ${formatInstant(to)}`]),
    ...(run.mlflow_run_id === undefined ? [] : [['MLflow run', run.mlflow_run_id] as [string, string]]),
  ]
  return (
    <section className="panel" aria-labelledby="origin-title">
      <h2 id="origin-title">Made of</h2>
      <p><Link href={`/workflows/${run.workflow_id}`}>Workflow {run.workflow_id}</Link>{run.kind === 'agent' && <> · <Link href={`/trading/${run.run_id}_dqn`}>Its backtest</Link></>}{run.graph_version !== undefined && <> · <Link href={`/graph/${run.graph_version}`}>Asset graph {run.graph_version}</Link></>}</p>
      <dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <details><summary>Parameters</summary><dl className="facts">{Object.entries(run.parameters).map(([name, value]) => <div key={name}><dt>{name}</dt><dd><code>{String(value)}</code></dd></div>)}</dl></details>
      <details><summary>Data: {run.data.length} certified datasets</summary><ul>{run.data.map(({ queue_id, checksum }) => <li key={queue_id}><code>{queue_id}</code> <code className="muted">{checksum.slice(7, 19)}…</code></li>)}</ul></details>
    </section>
  )
}
