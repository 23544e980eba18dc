import { useState } from 'react'
import type { Queue, Workflow } from '@streamforge/contracts'
import { sendJson } from '../../api.ts'
import { useLive } from '../../live/use-live.ts'
import { formatCount, formatDuration, formatInstant } from '../../format.ts'
import { certificatesOf, mayRetry, mayStop, stageName, workflowTitle } from './workflow-view.ts'
import { CertificateTable } from './certificate-table.tsx'
import { HealingTimeline } from './healing-timeline.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { StageBar } from './stage-bar.tsx'
import { ActionButton } from '../../parts/action-button.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Link, navigate } from '../../router.tsx'
import { useAttempt } from '../../use-attempt.ts'

export function WorkflowPage({ id }: { id: string }) {
  const [workflow, setWorkflow] = useState<Workflow | null>()
  useLive({ kind: 'workflow', workflow_id: id }, { onData: (data) => setWorkflow(data.workflow) })
  if (workflow === undefined) return <p className="muted">Reading …</p>
  if (workflow === null) return <p className="empty">There is no workflow <code>{id}</code>. <Link href="/workflows">To all workflows</Link></p>
  const { status, reason, request, estimate, stages, started_at: started, finished_at: finished, created_at: created } = workflow
  return (
    <>
      <p className="crumbs"><Link href="/workflows">Workflows</Link> / <code>{id}</code></p>
      <div className="title-row">
        <h1>{workflowTitle(workflow)}</h1>
        <span aria-live="polite"><StatusChip status={status} /></span>
        <Actions workflow={workflow} />
      </div>
      {reason && <p className={status === 'failed' ? 'note note-bad' : 'note'}>{reason}</p>}
      <section className="panel" aria-label="Progress">{stages.map((stage) => <StageBar key={stage.stage} stage={stage} />)}</section>
      <dl className="facts">
        <div><dt>Range</dt><dd>{request.time_range}</dd></div>
        <div><dt>Venue</dt><dd>{request.venue}</dd></div>
        <div><dt>Created</dt><dd>{formatInstant(created)}</dd></div>
        {started !== undefined && <div><dt>{finished === undefined ? 'Started' : 'Took'}</dt><dd>{finished === undefined ? formatInstant(started) : formatDuration((finished - started) / 1_000)}</dd></div>}
        <div><dt>Estimate</dt><dd>{formatCount(estimate.requests)} requests, {formatDuration(estimate.minutes * 60)}</dd></div>
      </dl>
      <CertificateTable certificates={certificatesOf(workflow)} />
      <Queues queues={workflow.queues} />
      <HealingTimeline workflowId={id} />
    </>
  )
}

function Actions({ workflow: { workflow_id: id, status } }: { workflow: Workflow }) {
  const { busy, error, attempt } = useAttempt()
  const remove = () => attempt(async () => {
    if (!window.confirm('Remove this workflow and its topics? The stored data stays.')) return
    await sendJson('DELETE', `/api/workflows/${id}`)
    navigate('/workflows')
  })
  return (
    <div className="actions">
      {mayStop(status) && <ActionButton disabled={busy} onClick={() => void attempt(() => sendJson('POST', `/api/workflows/${id}/stop`))}>Stop</ActionButton>}
      {mayRetry(status) && <ActionButton className="primary" disabled={busy} onClick={() => void attempt(() => sendJson('POST', `/api/workflows/${id}/retry`))}>Retry</ActionButton>}
      {!mayStop(status) && status !== 'stopping' && <ActionButton disabled={busy} onClick={() => void remove()}>Remove</ActionButton>}
      <ProblemNote error={error} />
    </div>
  )
}

const shownQueues = 200

function Queues({ queues }: { queues: readonly Queue[] }) {
  return (
    <section aria-labelledby="queues-title">
      <h2 id="queues-title">Queues</h2>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="queues-title">
        <table>
          <thead><tr><th>Symbol</th><th>Type</th><th>State</th><th>Jobs</th><th className="num">Records</th><th className="num">Doubles refused</th><th>Last word</th><th><span className="sr-only">Look</span></th></tr></thead>
          <tbody>
            {queues.slice(0, shownQueues).map((queue) => {
              const connector = queue.jobs.find((j) => j.target === 'arango-connector')
              const told = queue.jobs.find((j) => j.error) ?? queue.jobs.at(-1)
              const interval = /_candles_(.+)$/.exec(queue.type)?.[1]
              return (
                <tr key={queue.queue_id}>
                  <th scope="row">{queue.symbol}</th><td><code>{queue.type}</code></td><td><StatusChip status={queue.status} /></td>
                  <td>{queue.jobs.map((job) => <div key={job.target} className="nowrap">{stageName(job.target)}: {job.status}{job.attempt > 1 && `, attempt ${job.attempt}`}</div>)}</td>
                  <td className="num">{formatCount(connector?.records_written ?? 0)}{queue.records_total !== undefined && <span className="muted"> / {formatCount(queue.records_total)}</span>}</td>
                  <td className="num">{formatCount(connector?.duplicates ?? 0)}</td>
                  <td className="clip" title={told?.error?.message ?? told?.message}>{told?.error?.message ?? told?.message}</td>
                  <td className="nowrap"><Link href={`/market/${queue.venue}/${queue.symbol}${interval ? `/${interval}` : ''}`}>Market</Link>{' '}
                    {!queue.topic_deleted && <Link href={`/topics/${queue.kafka_topic}`}>Topic</Link>}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      {queues.length > shownQueues && <p className="muted">… and {queues.length - shownQueues} more</p>}
    </section>
  )
}
