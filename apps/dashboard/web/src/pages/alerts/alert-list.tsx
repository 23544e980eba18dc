import type { ShownAlert } from '@streamforge/contracts'
import { formatDuration, formatInstant } from '../../format.ts'
import { ActionButton } from '../../parts/action-button.tsx'

const marks: Record<ShownAlert['severity'], string> = { critical: '✕', warning: '!', info: 'i' }
const wholeSecond = (ms: number) => formatInstant(Math.floor(ms / 1_000) * 1_000)

/** Alerts with what they are about and how long they have gone on, or went on. */
export function AlertList({ alerts, now, onSilence }: { alerts: readonly ShownAlert[]; now: number; onSilence?: (alert: ShownAlert) => void }) {
  return <ul className="panel alert-list">{alerts.map((alert) => <AlertItem key={alert._key} alert={alert} now={now} onSilence={onSilence} />)}</ul>
}

function AlertItem({ alert, now, onSilence }: { alert: ShownAlert; now: number; onSilence: ((alert: ShownAlert) => void) | undefined }) {
  const { title, severity, summary, labels, starts_at: from, ends_at: to, silenced_by: silences } = alert
  return (
    <li>
      <div className="alert-name"><strong>{title}</strong> <span className={`chip alert-${severity}`}><span aria-hidden="true">{marks[severity]}</span> {severity}</span></div>
      <div className="alert-what"><p>{summary}</p><ul className="alert-labels" aria-label="Labels">{Object.entries(labels).map(([name, value]) => <li key={name}><code>{name}={value}</code></li>)}</ul></div>
      <div><span className="nowrap">{to === undefined ? 'for' : 'went on for'} {formatDuration(((to ?? now) - from) / 1_000)}</span> <span className="muted small nowrap">{to === undefined ? `since ${wholeSecond(from)}` : `until ${wholeSecond(to)}`}</span></div>
      {onSilence && (
        <div>{silences.length
          ? <span className="tag" title="Nobody is told of it while its silence lasts">silenced</span>
          : <ActionButton onClick={() => onSilence(alert)} aria-label={`Silence ${title}: ${summary}`}>Silence …</ActionButton>}</div>
      )}
    </li>
  )
}
