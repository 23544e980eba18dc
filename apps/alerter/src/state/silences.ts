import { consumeMessages, type Bus } from '@streamforge/bus'
import { catalog, Silence, silenceCovers, type AlertCommand, type StoredAlert } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'

export interface Silences {
  /** Whether nobody is to be told of the alert now. */
  silenced(alert: Pick<StoredAlert, 'alert' | 'severity' | 'labels'>, now: number): boolean
  /** Rejects when commands cannot be heard any more. */
  readonly done: Promise<void>
  close(): Promise<void>
}

export const silencesCollection = 'alert_silences'

/** Silences as the store has them, and commands that change them. A command that comes twice changes nothing the second time. */
export async function openSilences({ store, bus, service, now }: { store: Store; bus: Bus; service: string; now: () => number }): Promise<Silences> {
  await store.ensureCollection(silencesCollection)
  const silences = new Map<string, Silence>()
  for (const { _key, ...silence } of await store.find(silencesCollection, { limit: 10_000 })) silences.set(_key, Silence.parse(silence))
  await forget(store, silences, [...silences.values()].filter(({ to }) => to <= now()).map(({ id }) => id))
  const consumer = await consumeMessages(bus, catalog['alert-control'], { group: service, from: 'earliest', service, now }, async ({ messages }) => {
    for (const { value } of messages) await carryOut(store, silences, value, now())
  })
  return {
    silenced: (alert, at) => [...silences.values()].some((silence) => silenceCovers(silence, alert, at)),
    done: consumer.done,
    close: () => consumer.close(),
  }
}

async function carryOut(store: Store, silences: Map<string, Silence>, command: AlertCommand, now: number): Promise<void> {
  switch (command.command) {
    case 'silence': {
      const { silence } = command
      // One that is over already, read again from an old topic, is not worth a document.
      if (silence.to <= now) return
      await store.writeBatch(silencesCollection, [{ _key: silence.id, ...silence }])
      silences.set(silence.id, silence)
      return
    }
    case 'unsilence': return forget(store, silences, [command.id])
    default: return command satisfies never
  }
}

async function forget(store: Store, silences: Map<string, Silence>, ids: string[]): Promise<void> {
  if (ids.length) await store.deleteKeys(silencesCollection, ids)
  for (const id of ids) silences.delete(id)
}
