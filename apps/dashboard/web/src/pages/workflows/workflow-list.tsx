import { useState } from 'react'
import type { WorkflowSummary } from '@streamforge/contracts'
import { useLive } from '../../live/use-live.ts'
import { formatDuration, formatInstant } from '../../format.ts'
import { mergeWorkflows, workflowTitle } from './workflow-view.ts'
import { StageBar } from './stage-bar.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Link } from '../../router.tsx'
import { WorkflowForm } from './workflow-form.tsx'

export function WorkflowList() {
  const [workflows, setWorkflows] = useState<WorkflowSummary[]>()
  // The first answer after every (re)connection is the whole list: what is not in it has been removed meanwhile.
  useLive({ kind: 'workflows' }, {
    onData: ({ workflows: changed, removed, whole }) => setWorkflows((known) => mergeWorkflows(whole || !known ? [] : known, changed, removed)),
  })
  return (
    <div className="columns">
      <section aria-labelledby="list-title">
        <h1 id="list-title">Workflows</h1>
        {workflows === undefined && <p className="muted">Reading …</p>}
        {workflows?.length === 0 && <p className="empty">No workflow yet. The form starts one: a symbol, a kind of data, a range.</p>}
        <ul className="cards">{workflows?.map((w) => <li key={w.workflow_id}><WorkflowCard workflow={w} /></li>)}</ul>
      </section>
      <WorkflowForm />
    </div>
  )
}

function WorkflowCard({ workflow }: { workflow: WorkflowSummary }) {
  const { workflow_id: id, status, stages, created_at: created, started_at: started, finished_at: finished, request, reason } = workflow
  return (
    <article className="card">
      <div className="card-head">
        <h2><Link href={`/workflows/${id}`}>{workflowTitle(workflow)}</Link></h2>
        <StatusChip status={status} />
      </div>
      {stages.map((stage) => <StageBar key={stage.stage} stage={stage} compact />)}
      {reason && <p className={status === 'failed' ? 'reason reason-bad' : 'reason'}>{reason}</p>}
      <p className="meta">
        <code>{id}</code><span>{request.time_range.replaceAll('T00:00Z', '')}</span><span>created {formatInstant(created)}</span>
        {started !== undefined && finished !== undefined && <span>took {formatDuration((finished - started) / 1_000)}</span>}
      </p>
    </article>
  )
}
