import { useEffect, useState, type FormEvent } from 'react'
import type { BacktestSummary, Instruments, Workflow, WorkflowTypes } from '@streamforge/contracts'
import { getJson, sendJson } from '../../api.ts'
import { ActionButton } from '../../parts/action-button.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { useAttempt } from '../../use-attempt.ts'
import { emptyForm, formProblems, toRequest, type FormValues } from '../workflows/form-values.ts'
import { NumberFields } from '../workflows/pipeline-fields.tsx'
import { agentFields, emptyPipeline } from '../workflows/pipeline-values.ts'

const candles = 'api_candles_'

/** The market and the bars of a report, so that the same can be trained anew; else the last week of nothing in particular. */
function initialValues(like: BacktestSummary | undefined): FormValues {
  const empty = { ...emptyForm(Date.now()), types: [`${candles}5m`], pipeline: { ...emptyPipeline, type: 'trade_agent' as const } }
  if (!like) return empty
  const dateTime = (ms: number) => new Date(ms).toISOString().slice(0, 16)
  return { ...empty, venue: like.venue, symbols: like.symbol, types: [`${candles}${like.interval}`], from: dateTime(like.folds[0]!.train.from), to: dateTime(like.to) }
}

/** Asks for a workflow that loads candles, computes features, trains an agent and backtests it. */
export function AgentForm({ like, onStarted }: { like: BacktestSummary | undefined; onStarted: (workflowId: string) => void }) {
  const [values, setValues] = useState(() => initialValues(like))
  const { symbols, venues, intervalsOf, available, error: unread } = useOffers(values.venue)
  const [asked, setAsked] = useState(false)
  const { busy, error, attempt } = useAttempt()
  const problems = formProblems(values)
  const shown = asked ? problems : {}
  const set = (changed: Partial<FormValues>) => setValues((before) => ({ ...before, ...changed }))
  const chooseVenue = (venue: string) => {
    const offered = intervalsOf(venue).map((interval) => `${candles}${interval}`)
    set({ venue, types: values.types.every((type) => offered.includes(type)) ? values.types : offered.slice(0, 1) })
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setAsked(true)
    const [first] = Object.keys(problems)
    if (first) return document.getElementById(`agent-${first}`)?.focus()
    void attempt(async () => {
      onStarted((await sendJson<Workflow>('POST', '/api/workflows', toRequest(values)))!.workflow_id)
    })
  }
  const marks = (field: keyof typeof problems) => ({ 'id': `agent-${field}`, 'aria-invalid': Boolean(shown[field]), 'aria-describedby': shown[field] ? `agent-problem-${field}` : undefined })
  const hint = (field: keyof typeof problems) => shown[field] && <p className="field-problem" id={`agent-problem-${field}`}>{shown[field]}</p>
  if (available === false) return <p className="empty">This release of queue-manager trains no agents.</p>
  return (
    <form onSubmit={submit} noValidate>
      <div className="pair">
        <div>
          <label htmlFor="agent-symbols">Symbol</label>
          <input {...marks('symbols')} list="agent-known" value={values.symbols} placeholder={values.venue === 'binance' ? 'BTCUSDT' : 'AAPL'} autoComplete="off" autoCapitalize="characters" spellCheck={false} onChange={(e) => set({ symbols: e.target.value })} />
          <datalist id="agent-known">{symbols.map((s) => <option key={s} value={s} />)}</datalist>
          {hint('symbols')}
        </div>
        <div>
          <label htmlFor="agent-venue">Venue</label>
          <select id="agent-venue" value={values.venue} onChange={(e) => chooseVenue(e.target.value)}>
            {venues.map((venue) => <option key={venue} value={venue}>{venue}</option>)}
          </select>
        </div>
        <div>
          <label htmlFor="agent-types">Interval</label>
          <select {...marks('types')} value={values.types[0]?.slice(candles.length)} onChange={(e) => set({ types: [`${candles}${e.target.value}`] })}>
            {intervalsOf(values.venue).map((interval) => <option key={interval} value={interval}>{interval}</option>)}
          </select>
        </div>
      </div>
      <div className="pair pair-dates">
        <div><label htmlFor="agent-from">From (UTC)</label><input {...marks('from')} type="datetime-local" value={values.from} onChange={(e) => set({ from: e.target.value })} />{hint('from')}</div>
        <div><label htmlFor="agent-to">To (UTC, excluded)</label><input {...marks('to')} type="datetime-local" value={values.to} onChange={(e) => set({ to: e.target.value })} />{hint('to')}</div>
      </div>
      <details><summary>Capital, costs and training</summary><NumberFields part="agent" fields={agentFields} values={values.pipeline} onChange={(pipeline) => set({ pipeline })} /></details>
      {hint('pipeline')}
      <div className="actions"><ActionButton type="submit" className="primary" disabled={busy}>{busy ? 'Starting …' : 'Train and backtest'}</ActionButton></div>
      <ProblemNote error={error ?? unread} />
    </form>
  )
}

/** What there is to choose from. */
function useOffers(venue: string) {
  const [types, setTypes] = useState<WorkflowTypes>()
  const [symbols, setSymbols] = useState<string[]>([])
  const [error, setError] = useState<unknown>()
  useEffect(() => {
    const abort = new AbortController()
    getJson<WorkflowTypes>('/api/workflow-types', abort.signal).then(setTypes, (e: unknown) => { if (!abort.signal.aborted) setError(e) })
    getJson<Instruments>('/api/instruments', abort.signal).then(({ instruments }) => setSymbols([...new Set(instruments.map((i) => i.symbol))]), () => undefined)
    return () => abort.abort()
  }, [])
  const kinds = types?.types.filter((t) => t.available && t.type.startsWith(candles)) ?? []
  const intervalsOf = (of: string) => {
    const offered = kinds.filter(({ venues }) => venues.includes(of)).map(({ type }) => type.slice(candles.length))
    return offered.length ? offered : ['5m']
  }
  const venues = [...new Set([venue, ...kinds.flatMap((kind) => kind.venues)])]
  return { symbols, venues, intervalsOf, available: types?.pipelines.find((p) => p.type === 'trade_agent')?.available, error }
}
