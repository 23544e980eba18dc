import type { HealingDecision, HealingReport } from '@streamforge/contracts'
import { formatInstant } from '../../format.ts'
import { useReread } from '../../use-reread.ts'
import { stageName } from './workflow-view.ts'

const rereadMs = 3_000
const shown = 50
const words: Readonly<Record<HealingDecision['action'], string>> = {
  wait: 'waits', hold: 'held', relaunch: 'relaunched', probe: 'tries', give_up: 'given up', circuit_opened: 'circuit opened', circuit_probed: 'circuit half open', circuit_closed: 'circuit closed',
}

/** What was decided about workers that were lost, and why; nothing while nothing was. */
export function HealingTimeline({ workflowId }: { workflowId: string }) {
  const { data } = useReread<HealingReport>(`/api/workflows/${workflowId}/healing`, rereadMs)
  if (!data || data.decisions.length + data.circuits.length === 0) return null
  const { decisions, circuits, relaunches } = data
  return (
    <section aria-labelledby="healing-title">
      <h2 id="healing-title">Healing</h2>
      {circuits.map(({ circuit, state, reason }) => <p key={circuit} className="note note-bad"><code>{circuit}</code> is {state.replace('_', ' ')}: {reason}</p>)}
      <p className="muted">{relaunches.spent} of {relaunches.limit} relaunches within the last hour</p>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="healing-title">
        <table>
          <thead><tr><th>When</th><th>Decision</th><th>About</th><th>Why</th></tr></thead>
          <tbody>{decisions.slice(0, shown).map((decision) => <DecisionRow key={decision.decision_id} decision={decision} />)}</tbody>
        </table>
      </div>
      {decisions.length > shown && <p className="muted">… and {decisions.length - shown} older ones</p>}
    </section>
  )
}

function DecisionRow({ decision: { at, action, queue_id, target, attempt, circuit, reason } }: { decision: HealingDecision }) {
  return (
    <tr>
      <td className="nowrap"><time dateTime={new Date(at).toISOString()}>{formatInstant(at)}</time></td>
      <td className={action === 'give_up' || action === 'circuit_opened' ? 'bad nowrap' : 'nowrap'}>{words[action]}</td>
      <td>{target === undefined ? <code>{circuit}</code> : <>{stageName(target)}, attempt {attempt}<br /><code>{queue_id}</code></>}</td>
      <td>{reason}</td>
    </tr>
  )
}
