import { publishMessages, type Bus } from '@streamforge/bus'
import { alertIdentity, alertKey, catalog, StoredAlert, type AlertDefinition, type AlertEvent } from '@streamforge/contracts'
import { writeSummary, type AlertChanges, type AlertState } from '@streamforge/market'
import type { Store } from '@streamforge/store'

/** Alerts as the store has them, or will have them in a moment. */
export interface AlertBook {
  /** Those that went on when the last alerter ended. */
  readonly restored: ReadonlyMap<string, AlertState>
  firing(): StoredAlert[]
  /** An alert by its key, whether it goes on or not. */
  find(key: string): Promise<StoredAlert | undefined>
  /** Notes what has changed. */
  note(changes: Pick<AlertChanges, 'began' | 'ended'>, now: number): void
  /** Stores what was noted, then tells the topic `alerts`. What fails is left for the next call. @throws what the store and the bus throw */
  flush(): Promise<void>
}

export const alertsCollection = 'alerts'

/** @throws StreamForgeError STORE_UNAVAILABLE */
export async function openAlertBook({ store, bus, definitions }: { store: Store; bus: Bus; definitions: readonly AlertDefinition[] }): Promise<AlertBook> {
  await store.ensureCollection(alertsCollection, { indexes: [['status'], ['starts_at']] })
  const alerts = new Map((await store.find<StoredAlert>(alertsCollection, { where: { status: 'firing' }, limit: 100_000 })).map((found) => {
    const alert = StoredAlert.parse(found)
    return [identityOf(alert), alert]
  }))
  const unsaved = new Map<string, StoredAlert>()
  // Of a later state too: that an alert ended is worth telling only after that it began.
  const untold = [...alerts.values()].filter(({ published }) => published !== 'firing')
  const save = async () => {
    const batch = [...unsaved.values()]
    if (!batch.length) return
    await store.writeBatch(alertsCollection, batch)
    for (const alert of batch) if (unsaved.get(alert._key) === alert) unsaved.delete(alert._key)
  }
  const tell = async () => {
    const batch = [...untold]
    if (!batch.length) return
    await publishMessages(bus, catalog.alerts, batch.map(toEvent))
    untold.splice(0, batch.length)
    for (const told of batch) {
      const current = alerts.get(identityOf(told))
      const newest = current?._key === told._key ? current : told
      const known = { ...newest, published: told.status }
      if (current === newest) alerts.set(identityOf(told), known)
      unsaved.set(told._key, known)
    }
    await save()
  }
  return {
    restored: restore([...alerts.values()], definitions),
    firing: () => [...alerts.values()],
    find: async (key) => unsaved.get(key) ?? [...alerts.values()].find(({ _key }) => _key === key) ?? store.get<StoredAlert>(alertsCollection, key),
    note({ began, ended }, now) {
      for (const state of began) {
        const alert = toStored(state, now)
        alerts.set(state.identity, alert)
        unsaved.set(alert._key, alert)
        untold.push(alert)
      }
      for (const state of ended) {
        const alert = alerts.get(state.identity)
        if (!alert) continue
        const over: StoredAlert = {
          ...alert, status: 'resolved', value: state.value, summary: writeSummary(state.definition, state.labels, state.value),
          ends_at: now, last_above_at: state.lastAboveAt, updated_at: now,
        }
        alerts.delete(state.identity)
        unsaved.set(over._key, over)
        untold.push(over)
      }
    },
    async flush() {
      await save()
      await tell()
    },
  }
}

const identityOf = ({ alert, labels }: StoredAlert) => alertIdentity(alert, labels)

function toStored({ definition, labels, startsAt, lastAboveAt, value }: AlertState, now: number): StoredAlert {
  const { id: alert, kind, severity, title } = definition
  const starts_at = startsAt!
  return {
    _key: alertKey({ alert, labels, starts_at }), alert, kind, severity, title, labels: { ...labels }, status: 'firing', value,
    summary: writeSummary(definition, labels, value), starts_at, last_above_at: lastAboveAt, updated_at: now,
  }
}

function toEvent(alert: StoredAlert): AlertEvent {
  const { _key: key, last_above_at: _last, updated_at: at, published: _published, ...raised } = alert
  return { key, ...raised, at }
}

/** Alerts whose definition is gone are given one that nothing is above, so that they end. */
function restore(alerts: readonly StoredAlert[], definitions: readonly AlertDefinition[]): Map<string, AlertState> {
  return new Map(alerts.map((alert) => {
    const { alert: id, kind, severity, title, summary, labels, starts_at, last_above_at, value } = alert
    const gone: AlertDefinition = { id, kind, severity, title, summary, measure: 'streamforge_series_silence_intervals', above: Infinity, for_ms: 0, keep_ms: 0 }
    const definition = definitions.find((each) => each.id === id) ?? gone
    const identity = identityOf(alert)
    return [identity, { identity, definition, labels, since: starts_at, startsAt: starts_at, lastAboveAt: last_above_at, value }]
  }))
}
