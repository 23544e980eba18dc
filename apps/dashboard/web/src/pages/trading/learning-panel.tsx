import { useState } from 'react'
import type { TrainingRun, Workflow } from '@streamforge/contracts'
import { formatDuration } from '../../format.ts'
import { useLive } from '../../live/use-live.ts'
import { LineChart } from '../../parts/line-chart.tsx'
import { formatFigure } from '../../parts/nice-ticks.ts'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Link } from '../../router.tsx'
import { agentCurves } from '../models/learning-curves.ts'
import { stageName } from '../workflows/workflow-view.ts'

/** They stand below each other beside the chart. */
const curveHeight = 120

/** How the agent learnt, or learns: as the run goes on. */
export function LearningPanel({ run }: { run: TrainingRun }) {
  const last = run.epochs.at(-1)
  return (
    <section className="panel" aria-labelledby={`learning-${run.run_id}`}>
      <div className="panel-head">
        <h2 id={`learning-${run.run_id}`}>Learning curve <span className="muted">{run.symbols.join(', ')} {run.interval}</span></h2>
        <span aria-live="polite"><StatusChip status={run.status} /></span>
        {run.status === 'running' && last?.eta_seconds !== undefined && <span className="tag tag-live">at most {formatDuration(last.eta_seconds)} left</span>}
      </div>
      {run.epochs.length === 0 && <p className="empty">Nothing has been reported yet.</p>}
      {run.epochs.length > 0 && (
        <div className="curves">
          {agentCurves(run).map((line) => <LineChart key={line.name} lines={[line]} label={`${line.name} after part ${last!.epoch} of ${last!.epochs}: ${formatFigure(line.points.at(-1)?.[1] ?? 0)}`} xName={`part of ${last!.epochs}`} height={curveHeight} />)}
        </div>
      )}
      <p className="muted small">{run.message} <Link href={`/models/${run.run_id}`}>All of the run</Link></p>
    </section>
  )
}

/** A workflow that was asked for here, until its backtests are there. */
export function FollowedWorkflow({ workflowId, onEnd }: { workflowId: string; onEnd: () => void }) {
  const [workflow, setWorkflow] = useState<Workflow | null>()
  useLive({ kind: 'workflow', workflow_id: workflowId }, { onData: (told) => setWorkflow(told.workflow) })
  const ended = workflow === null || (workflow && ['failed', 'stopped'].includes(workflow.status))
  return (
    <section className="panel" aria-labelledby="followed-title">
      <div className="panel-head">
        <h2 id="followed-title">Asked for <Link href={`/workflows/${workflowId}`}>{workflowId}</Link></h2>
        <span aria-live="polite">{workflow && <StatusChip status={workflow.status} />}</span>
        {ended && <button type="button" className="push" onClick={onEnd}>Close</button>}
      </div>
      {workflow === null && <p className="empty">It has been removed.</p>}
      {workflow?.reason !== undefined && <p className="reason reason-bad">{workflow.reason}</p>}
      {workflow && !ended && <p className="muted" aria-live="polite">{stageText(workflow)}</p>}
    </section>
  )
}

/** The stage that is under way, in words. */
function stageText({ stages, status }: Workflow): string {
  if (status === 'pending') return 'waits for others to end'
  const running = stages.find((stage) => stage.status === 'running')
  if (!running) return status === 'finished' ? 'finished; its backtests come' : 'between two stages'
  const part = running.records_total ? `, ${Math.floor((100 * running.records_written) / running.records_total)} %` : ''
  return `${stageName(running.stage)}, stage ${stages.indexOf(running) + 1} of ${stages.length}${part}${running.eta_seconds ? `, ${formatDuration(running.eta_seconds)} left` : ''}`
}
