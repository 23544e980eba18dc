import { useEffect, useMemo, useState } from 'react'
import type { BacktestList, BacktestSummary } from '@streamforge/contracts'
import { useLive } from '../../live/use-live.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { Link, navigate } from '../../router.tsx'
import { useReread } from '../../use-reread.ts'
import { mergeModels, type Models } from '../models/models-view.ts'
import { AgentForm } from './agent-form.tsx'
import { FollowedWorkflow, LearningPanel } from './learning-panel.tsx'
import { ReportView } from './report-view.tsx'
import { SymbolNews } from './symbol-news.tsx'
import { backtestName, comparable, marketsOf, seriesOf, shownRuns, strategyName } from './trading-view.ts'

/** New reports come when runs end. */
const rereadMs = 5_000
const emptyList: readonly BacktestSummary[] = []

/** What agents and strategies would have earned, whether that can be believed, and how agents learn. */
export function TradingPage({ chosen }: { chosen: string | undefined }) {
  const { data, error } = useReread<BacktestList>('/api/backtests?limit=500', rereadMs)
  const [models, setModels] = useState<Models>()
  useLive({ kind: 'models' }, { onData: (told) => setModels((known) => mergeModels(known, told)) })
  const [followed, setFollowed] = useState<string>()
  /** Undefined: nobody has opened or closed the form; it is open where there is nothing else. */
  const [open, setOpen] = useState<boolean>()
  const backtests = data?.backtests ?? emptyList
  const markets = useMemo(() => marketsOf(backtests), [backtests])
  const summary = backtests.find((b) => b._key === chosen) ?? markets[0]
  const unknown = chosen !== undefined && data !== undefined && summary?._key !== chosen
  useEffect(() => {
    const own = followed === undefined ? [] : marketsOf(backtests.filter((b) => b.workflow_id === followed))
    if (!own[0]) return
    setFollowed(undefined)
    navigate(`/trading/${own[0]._key}`)
  }, [followed, backtests])
  const runs = shownRuns(models?.runs ?? [], summary?.run_id)
  return (
    <>
      <div className="title-row">
        <h1>Trading</h1>
        {summary && <Chooser backtests={backtests} markets={markets} summary={summary} />}
      </div>
      <ProblemNote error={error} />
      {unknown && <p className="note">There is no backtest <code>{chosen}</code> among the newest; this is another.</p>}
      {data === undefined && !error && <p className="muted">Reading …</p>}
      {data && (
        <div className="trading">
          <div className="trading-main">
            {summary ? <ReportView key={summary._key} summary={summary} others={comparable(backtests, summary)} /> : <section className="panel"><h2>No backtest yet</h2><p className="empty">Train an agent, and what it would have earned appears here beside buy and hold. The form is on this page; <Link href="/workflows">a workflow</Link> does the same.</p></section>}
          </div>
          <div className="trading-side">
            {followed !== undefined && <FollowedWorkflow workflowId={followed} onEnd={() => setFollowed(undefined)} />}
            {runs.map((run) => <LearningPanel key={run.run_id} run={run} />)}
            <details className="panel" open={open ?? !summary} onToggle={(event) => setOpen(event.currentTarget.open)}>
              <summary><h2 className="inline">Train an agent</h2></summary>
              {(open ?? !summary) && <AgentForm key={summary ? seriesOf(summary) : 'none'} like={summary} onStarted={setFollowed} />}
            </details>
            {summary && <SymbolNews key={summary.symbol} symbol={summary.symbol} />}
          </div>
        </div>
      )}
    </>
  )
}

/** A market, then one of its backtests. */
function Chooser({ backtests, markets, summary }: { backtests: readonly BacktestSummary[]; markets: readonly BacktestSummary[]; summary: BacktestSummary }) {
  const own = backtests.filter((b) => seriesOf(b) === seriesOf(summary))
  const newest = marketsOf(own)[0]!
  const runs = [...new Set(own.map((b) => b.run_id))]
  const show = (key: string) => navigate(`/trading/${key}`)
  return (
    <>
      <select className="series-select" aria-label="Market" value={seriesOf(summary)} onChange={(event) => show(markets.find((m) => seriesOf(m) === event.target.value)!._key)}>
        {markets.map((m) => <option key={m._key} value={seriesOf(m)}>{m.symbol} {m.interval} · {m.venue}</option>)}
      </select>
      <select className="series-select" aria-label="Backtest" value={summary._key} onChange={(event) => show(event.target.value)}>
        {runs.map((run) => (
          <optgroup key={run} label={run}>
            {own.filter((b) => b.run_id === run).map((b) => <option key={b._key} value={b._key}>{run === newest.run_id ? strategyName(b.strategy) : backtestName(b, newest.run_id)}{b.verdict.valid ? '' : ' (not valid)'}</option>)}
          </optgroup>
        ))}
      </select>
    </>
  )
}
