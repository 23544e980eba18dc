import { useId, useState, type FormEvent } from 'react'
import type { ModelVersion } from '@streamforge/contracts'
import { sendJson } from '../../api.ts'
import { formatInstant } from '../../format.ts'
import { formatFigure } from '../../parts/nice-ticks.ts'
import { ActionButton } from '../../parts/action-button.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { Link } from '../../router.tsx'
import { useAttempt } from '../../use-attempt.ts'
import { aliasesOf, changeTo, metricAbout, metricName, shortMetrics, type Models } from './models-view.ts'

/** The versions of one model: which one serves, and why; another may be put in its place. */
export function VersionTable({ model, models }: { model: string; models: Models }) {
  const [asked, setAsked] = useState<ModelVersion>()
  const versions = models.versions.filter((v) => v.model === model)
  const title = `versions-${model}`
  return (
    <section className="panel" aria-labelledby={title}>
      <h2 id={title}>{model}</h2>
      {versions.length === 0 && <p className="empty">No version has been registered yet.</p>}
      {versions.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-labelledby={title}>
          <table>
            <thead><tr><th>Version</th><th>Serves as</th>{shortMetrics(model).map((metric) => <th key={metric} className="num"><abbr title={metricAbout(metric)}>{metricName(metric)}</abbr></th>)}<th>Held out</th><th>Trained</th><th>Why</th><th><span className="sr-only">Change</span></th></tr></thead>
            <tbody>{versions.map((v) => <VersionRow key={v.version} version={v} models={models} onAsk={() => setAsked(v)} />)}</tbody>
          </table>
        </div>
      )}
      {asked && <ChangeForm key={asked.version} version={asked} change={changeTo(models, asked) ?? 'promote'} onDone={() => setAsked(undefined)} />}
    </section>
  )
}

function VersionRow({ version: v, models, onAsk }: { version: ModelVersion; models: Models; onAsk: () => void }) {
  const change = changeTo(models, v)
  const score = (metric: string) => (v.scores[metric] ? <>{formatFigure(v.scores[metric].value)}<div className="muted">{formatFigure(v.scores[metric].low)} … {formatFigure(v.scores[metric].high)}</div></> : '–')
  return (
    <tr>
      <th scope="row"><Link href={`/models/${v.run_id}`}>v{v.version}</Link></th>
      <td className="nowrap">{aliasesOf(models, v).map((alias) => <span key={alias} className={alias === 'champion' ? 'tag tag-live' : 'tag'}>{alias === 'champion' && '★ '}{alias}</span>)}</td>
      {shortMetrics(v.model).map((metric) => <td key={metric} className="num">{score(metric)}</td>)}
      <td className="nowrap">{formatInstant(v.held_out.from)}<div>{formatInstant(v.held_out.to)}</div></td><td className="nowrap">{formatInstant(v.created_at)}</td>
      <td className="why">{v.promotion.reason}</td>
      <td>{change && <ActionButton onClick={onAsk} aria-label={`${change === 'promote' ? 'Promote' : 'Roll back to'} version ${v.version} of ${v.model}`}>{change === 'promote' ? 'Promote' : 'Roll back'}</ActionButton>}</td>
    </tr>
  )
}

/** Asks why, since whoever reads the alias later wants to know. */
function ChangeForm({ version: { model, version }, change, onDone }: { version: ModelVersion; change: 'promote' | 'roll back'; onDone: () => void }) {
  const [reason, setReason] = useState('')
  const { busy, error, attempt } = useAttempt()
  const id = useId()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void attempt(async () => {
      await sendJson('POST', `/api/models/${model}/promote`, { version, reason: reason.trim() || (change === 'promote' ? 'promoted by hand' : 'rolled back by hand') })
      onDone()
    })
  }
  return (
    <form className="note" onSubmit={submit}>
      <label htmlFor={id}>{change === 'promote' ? 'Promote' : 'Roll back to'} version {version}: why?</label>
      <input id={id} autoFocus maxLength={300} value={reason} placeholder={change === 'promote' ? 'promoted by hand' : 'rolled back by hand'} onChange={(e) => setReason(e.target.value)} />
      <div className="actions"><button type="button" onClick={onDone}>Cancel</button><ActionButton type="submit" className="primary" disabled={busy}>{change === 'promote' ? 'Make it champion' : 'Roll back'}</ActionButton></div>
      <ProblemNote error={error} />
    </form>
  )
}
