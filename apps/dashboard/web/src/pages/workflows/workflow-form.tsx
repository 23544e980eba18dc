import { useEffect, useState, type FormEvent } from 'react'
import type { Instruments, Workflow, WorkflowTypes } from '@streamforge/contracts'
import { getJson, sendJson } from '../../api.ts'
import { emptyForm, formProblems, fromRequest, groupTypes, isLive, toRequest, typesOf, usualVenue, type FormValues } from './form-values.ts'
import { PipelineFields } from './pipeline-fields.tsx'
import { SavedRequests } from './saved-requests.tsx'
import { ActionButton } from '../../parts/action-button.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { navigate } from '../../router.tsx'
import { useAttempt } from '../../use-attempt.ts'

/** What the address says to begin with: /workflows?symbol=BTCUSDT&type=ws_trades */
function initialValues(): FormValues {
  const query = new URLSearchParams(window.location.search)
  const types = query.getAll('type')
  const values = { ...emptyForm(Date.now()), venue: query.get('venue') ?? usualVenue, symbols: query.get('symbol') ?? '', types }
  return types.length && types.every(isLive) ? { ...values, to: '' } : values
}

export function WorkflowForm() {
  const [values, setValues] = useState(initialValues)
  const [types, setTypes] = useState<WorkflowTypes>()
  const [symbols, setSymbols] = useState<string[]>([])
  const [unread, setUnread] = useState<unknown>()
  const { busy, error, attempt } = useAttempt()
  const [asked, setAsked] = useState(false)
  useEffect(() => {
    const abort = new AbortController()
    getJson<WorkflowTypes>('/api/workflow-types', abort.signal).then(setTypes, (e: unknown) => { if (!abort.signal.aborted) setUnread(e) })
    getJson<Instruments>('/api/instruments', abort.signal)
      .then(({ instruments }) => setSymbols([...new Set(instruments.map((i) => i.symbol))]), () => undefined)
    return () => abort.abort()
  }, [])
  const problems = formProblems(values)
  const shown = asked ? problems : {}
  const set = (changed: Partial<FormValues>) => setValues((before) => ({ ...before, ...changed }))
  const toggle = (type: string) => set({ types: values.types.includes(type) ? values.types.filter((t) => t !== type) : [...values.types, type] })

  const venues = [...new Set([values.venue, ...(types?.types ?? []).filter((t) => t.available).flatMap((t) => t.venues)])]
  /** What it does not have is asked for no more. */
  const chooseVenue = (venue: string) => {
    const offered = types && typesOf(types, venue).map(({ type }): string => type)
    set({ venue, types: offered ? values.types.filter((type) => offered.includes(type)) : values.types })
  }

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setAsked(true)
    const [first] = Object.keys(problems)
    if (first) {
      document.getElementById(`form-${first}`)?.focus()
      return
    }
    void attempt(async () => {
      const workflow = await sendJson<Workflow>('POST', '/api/workflows', toRequest(values))
      navigate(`/workflows/${workflow!.workflow_id}`)
    })
  }

  const hint = (field: keyof typeof problems) => shown[field] && <p className="field-problem" id={`problem-${field}`}>{shown[field]}</p>
  const marks = (field: keyof typeof problems) => ({ id: `form-${field}`, 'aria-invalid': Boolean(shown[field]), 'aria-describedby': shown[field] ? `problem-${field}` : undefined })
  return (
    <section className="panel form" aria-labelledby="form-title">
      <h2 id="form-title">New workflow</h2>
      <SavedRequests request={Object.keys(problems).length ? undefined : toRequest(values)} onLoad={(request) => setValues(fromRequest(request))} />
      <form onSubmit={submit} noValidate>
        <label htmlFor="form-venue">Venue</label>
        <select id="form-venue" value={values.venue} onChange={(e) => chooseVenue(e.target.value)}>
          {venues.map((venue) => <option key={venue} value={venue}>{venue}</option>)}
        </select>
        <label htmlFor="form-symbols">Symbols</label>
        <input {...marks('symbols')} list="known-symbols" value={values.symbols} placeholder={values.venue === usualVenue ? 'BTCUSDT, ETHUSDT' : undefined} autoComplete="off" autoCapitalize="characters"
          spellCheck={false} onChange={(e) => set({ symbols: e.target.value })} />
        <datalist id="known-symbols">{symbols.map((s) => <option key={s} value={s} />)}</datalist>
        {hint('symbols')}
        <div id="form-types" tabIndex={-1} role="group" aria-label="Kinds of data" aria-describedby={shown.types ? 'problem-types' : undefined}>
          {types && groupTypes({ types: typesOf(types, values.venue) }).map((group) => (
            <fieldset key={group.title}>
              <legend>{group.title}</legend>
              <div className="choices">
                {group.types.map(({ type, label, description }) => (
                  <label key={type} className="choice" title={description}>
                    <input type="checkbox" checked={values.types.includes(type)} onChange={() => toggle(type)} /><span>{label}</span>
                  </label>
                ))}
              </div>
            </fieldset>
          ))}
        </div>
        {hint('types')}
        <div className="pair pair-dates">
          <div>
            <label htmlFor="form-from">From (UTC)</label>
            <input {...marks('from')} type="datetime-local" value={values.from} onChange={(e) => set({ from: e.target.value })} />
            {hint('from')}
          </div>
          <div>
            <label htmlFor="form-to">To (UTC, excluded)</label>
            <input {...marks('to')} type="datetime-local" value={values.to} onChange={(e) => set({ to: e.target.value })} />
            {hint('to')}
          </div>
        </div>
        {values.types.some(isLive) && (
          <p className="hint">Live data without an end runs until stopped. <button type="button" className="link" onClick={() => set({ to: '' })}>Remove the end</button></p>
        )}
        {types && <PipelineFields values={values.pipeline} available={types.pipelines} problem={shown.pipeline} onChange={(pipeline) => set({ pipeline })} />}
        <details>
          <summary>Options</summary>
          <label htmlFor="form-name">Name</label>
          <input id="form-name" maxLength={120} value={values.name} onChange={(e) => set({ name: e.target.value })} />
          <div className="pair">
            <div>
              <label htmlFor="form-shards">Shards</label>
              <input id="form-shards" type="number" min={1} max={64} placeholder="by size" value={values.shards} onChange={(e) => set({ shards: e.target.value })} />
            </div>
            <div>
              <label htmlFor="form-attempts">Attempts</label>
              <input id="form-attempts" type="number" min={1} max={1000} placeholder="5" value={values.maxAttempts} onChange={(e) => set({ maxAttempts: e.target.value })} />
            </div>
          </div>
          <label htmlFor="form-source">Source of history</label>
          <select id="form-source" value={values.source} onChange={(e) => set({ source: e.target.value as FormValues['source'] })}>
            <option value="auto">auto: archive files where there are some</option><option value="rest">REST only</option><option value="archive">archive only</option>
          </select>
        </details>
        <ActionButton type="submit" className="primary" disabled={busy}>{busy ? 'Starting …' : 'Start'}</ActionButton>
        <ProblemNote error={error ?? unread} />
      </form>
    </section>
  )
}
