import { useRef, useState } from 'react'
import type { AlertsAnswer, ShownAlert, SilenceAccepted, SilenceRequest } from '@streamforge/contracts'
import { sendJson } from '../../api.ts'
import { useNow } from '../../parts/connection-banner.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { useAttempt } from '../../use-attempt.ts'
import { useReread } from '../../use-reread.ts'
import { AlertList } from './alert-list.tsx'
import { draftFor, emptyDraft, firingSummary } from './alerts-view.ts'
import { SilenceForm } from './silence-form.tsx'
import { SilenceList } from './silence-list.tsx'

const rereadMs = 2_000

/** What goes on, of what nobody is told, and what is over. */
export function AlertsPage() {
  const { data, error, reread } = useReread<AlertsAnswer>('/api/alerts', rereadMs)
  const now = useNow(1_000)
  const { busy, error: refused, attempt } = useAttempt()
  const [draft, setDraft] = useState(emptyDraft)
  const [sent, setSent] = useState<{ id: string; is: 'there' | 'gone' }>()
  const reason = useRef<HTMLInputElement>(null)
  const silence = (request: SilenceRequest) => attempt(async () => {
    const { id } = (await sendJson<SilenceAccepted>('POST', '/api/alerts/silences', request))!
    setSent({ id, is: 'there' })
    setDraft(emptyDraft)
    reread()
  })
  const lift = (id: string) => attempt(async () => {
    await sendJson<SilenceAccepted>('DELETE', `/api/alerts/silences/${id}`)
    setSent({ id, is: 'gone' })
    reread()
  })
  const choose = (alert: ShownAlert) => {
    setDraft(draftFor(alert, draft))
    reason.current?.focus()
  }
  const taken = sent && data?.silences.some(({ id }) => id === sent.id) === (sent.is === 'there')
  return (
    <>
      <div className="title-row"><h1>Alerts</h1>{data && <span className="muted" aria-live="polite">{firingSummary(data.firing)}</span>}</div>
      <ProblemNote error={refused ?? error} />
      <div role="status" aria-live="polite">{sent && <p className="note">{!taken ? 'Sent. The alerter takes it up when it runs.' : sent.is === 'there' ? 'The silence has begun.' : 'The silence is lifted.'}</p>}</div>
      {!data && !error && <p className="muted">Reading …</p>}
      {data && (
        <div className="columns">
          <div className="alerts">
            <section aria-label="Alerts that go on">
              {data.firing.length ? <AlertList alerts={data.firing} now={now} onSilence={choose} /> : <p className="empty">No alert goes on. It takes an alerter to find one; on one machine it runs where a channel is set, such as <code>ALERT_WEBHOOK_URL</code>.</p>}
            </section>
            <section aria-labelledby="ended-title">
              <h2 id="ended-title">Over</h2>
              {data.ended.length ? <AlertList alerts={data.ended} now={now} /> : <p className="empty">None yet.</p>}
            </section>
          </div>
          <div className="alerts">
            <section className="panel" aria-labelledby="silences-title">
              <h2 id="silences-title">Silences</h2>
              <SilenceList silences={data.silences} kinds={data.kinds} now={now} busy={busy} onLift={(id) => void lift(id)} />
            </section>
            <section className="panel" aria-labelledby="silence-title">
              <h2 id="silence-title">Tell nobody of …</h2>
              <SilenceForm kinds={data.kinds} draft={draft} busy={busy} reasonRef={reason} onChange={setDraft} onAsk={(request) => void silence(request)} />
            </section>
          </div>
        </div>
      )}
    </>
  )
}
