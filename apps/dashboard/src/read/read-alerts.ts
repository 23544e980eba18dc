import { alertKinds, Silence, silenceCovers, StoredAlert, type AlertsAnswer, type ShownAlert } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { orIfMissing } from './datasets.ts'

const firingAtMost = 1_000
const endedAtMost = 50
const silencesAtMost = 1_000

/** Alerts and silences as the alerter has stored them; none where it has never run. */
export async function readAlerts(store: Store, now: number): Promise<AlertsAnswer> {
  const alerts = (status: StoredAlert['status'], limit: number) =>
    orIfMissing(store.find<StoredAlert>('alerts', { where: { status }, sort: [{ field: 'starts_at', direction: 'desc' }], limit }), [])
  const [firing, ended, stored] = await Promise.all([
    alerts('firing', firingAtMost), alerts('resolved', endedAtMost), orIfMissing(store.find('alert_silences', { limit: silencesAtMost }), []),
  ])
  const silences = stored.map(({ _key, ...silence }) => Silence.parse(silence)).filter(({ to }) => to > now).sort((a, b) => a.to - b.to)
  const shown = (found: StoredAlert): ShownAlert => {
    const { last_above_at: _above, updated_at: _updated, published: _published, ...alert } = StoredAlert.parse(found)
    return { ...alert, silenced_by: alert.status === 'firing' ? silences.filter((silence) => silenceCovers(silence, alert, now)).map(({ id }) => id) : [] }
  }
  return { firing: firing.map(shown), ended: ended.map(shown), silences, kinds: alertKinds }
}
