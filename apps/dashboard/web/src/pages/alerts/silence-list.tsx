import type { AlertsAnswer } from '@streamforge/contracts'
import { formatDuration, formatInstant } from '../../format.ts'
import { ActionButton } from '../../parts/action-button.tsx'
import { coverage } from './alerts-view.ts'

/** The page's clock ticks once a second, and is not the server's: one that has just begun is not to come. */
const sameInstantMs = 60_000

/** Silences that have not ended, and how to end one now. */
export function SilenceList({ silences, kinds, now, busy, onLift }: Pick<AlertsAnswer, 'silences' | 'kinds'> & { now: number; busy: boolean; onLift: (id: string) => void }) {
  if (silences.length === 0) return <p className="empty">None: people are told of every alert.</p>
  return (
    <ul className="silences">
      {silences.map((silence) => {
        const covered = coverage(silence, kinds)
        return (
          <li key={silence.id}>
            <div>
              <strong>{covered}</strong>
              <p>{silence.comment}</p>
              <p className="meta">
                <span>{silence.from > now + sameInstantMs ? `from ${formatInstant(Math.floor(silence.from / 1_000) * 1_000)} UTC` : `${formatDuration((silence.to - now) / 1_000)} left`}</span>
                <span>until {formatInstant(Math.floor(silence.to / 1_000) * 1_000)} UTC</span><span>{silence.author}</span>
              </p>
            </div>
            <ActionButton disabled={busy} onClick={() => onLift(silence.id)} aria-label={`Lift the silence of ${covered}`}>Lift</ActionButton>
          </li>
        )
      })}
    </ul>
  )
}
