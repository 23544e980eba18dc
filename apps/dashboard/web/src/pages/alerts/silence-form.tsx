import { useId, type Ref } from 'react'
import type { AlertsAnswer, SilenceRequest } from '@streamforge/contracts'
import { ActionButton } from '../../parts/action-button.tsx'
import { durations, requestOf, type SilenceDraft } from './alerts-view.ts'

interface Props {
  kinds: AlertsAnswer['kinds']
  draft: SilenceDraft
  busy: boolean
  /** Where a person goes on who has chosen an alert. */
  reasonRef: Ref<HTMLInputElement>
  onChange: (draft: SilenceDraft) => void
  onAsk: (request: SilenceRequest) => void
}

/** Of which alerts nobody is to be told, for how long, and why. */
export function SilenceForm({ kinds, draft, busy, reasonRef, onChange, onAsk }: Props) {
  const id = useId()
  const asked = requestOf(draft)
  const problem = 'problem' in asked ? asked.problem : undefined
  const change = (more: Partial<SilenceDraft>) => onChange({ ...draft, ...more })
  return (
    <form onSubmit={(event) => {
      event.preventDefault()
      if ('request' in asked) onAsk(asked.request)
    }}>
      <div className="pair">
        <div>
          <label htmlFor={`${id}-alert`}>Alert</label>
          <select id={`${id}-alert`} value={draft.alert} onChange={(event) => change({ alert: event.target.value })}>
            <option value="">any</option>
            {kinds.map(({ id: kind, title }) => <option key={kind} value={kind}>{title}</option>)}
          </select>
        </div>
        <div>
          <label htmlFor={`${id}-severity`}>Severity</label>
          <select id={`${id}-severity`} value={draft.severity} onChange={(event) => change({ severity: event.target.value as SilenceDraft['severity'] })}>
            <option value="">any</option><option>info</option><option>warning</option><option>critical</option>
          </select>
        </div>
      </div>
      <label htmlFor={`${id}-labels`}>Labels</label>
      <input id={`${id}-labels`} value={draft.labels} spellCheck={false} autoCapitalize="none" placeholder="venue=binance symbol=BTCUSDT" aria-invalid={problem !== undefined} aria-describedby={`${id}-about`} onChange={(event) => change({ labels: event.target.value })} />
      <p id={`${id}-about`} className={problem === undefined ? 'hint' : 'field-problem'}>{problem ?? 'All that is given must be equal; nothing given means all alerts.'}</p>
      <label htmlFor={`${id}-minutes`}>For</label>
      <select id={`${id}-minutes`} value={draft.minutes} onChange={(event) => change({ minutes: Number(event.target.value) })}>
        {durations.map(([minutes, name]) => <option key={minutes} value={minutes}>{name}</option>)}
      </select>
      <label htmlFor={`${id}-comment`}>Why</label>
      <input id={`${id}-comment`} ref={reasonRef} value={draft.comment} required maxLength={500} placeholder="announced maintenance" onChange={(event) => change({ comment: event.target.value })} />
      <ActionButton className="primary" type="submit" disabled={busy || problem !== undefined || draft.comment.trim() === ''}>Silence</ActionButton>
    </form>
  )
}
