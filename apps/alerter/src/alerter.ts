import type { Bus } from '@streamforge/bus'
import type { AlertDefinition, StoredAlert } from '@streamforge/contracts'
import { advanceAlerts } from '@streamforge/market'
import { abortableDelay } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'
import type { Channel } from './delivery/channel.ts'
import { openDelivery } from './delivery/deliver-notices.ts'
import { rankOf, type NoticeRules } from './delivery/plan-notice.ts'
import type { AlerterMetrics } from './metrics.ts'
import type { Source } from './sources/source.ts'
import { openAlertBook } from './state/alert-book.ts'
import { openSilences } from './state/silences.ts'

export interface AlerterParts {
  name: string
  bus: Bus
  store: Store
  sources: readonly Source[]
  channels: readonly Channel[]
  definitions: readonly AlertDefinition[]
  rules: Omit<NoticeRules, 'channels'>
  leastSeverity: StoredAlert['severity']
  now: () => number
  random: () => number
  log: Logger
  metrics: AlerterMetrics
}

export interface Alerter {
  /** Looks at everything once, and stores and publishes what began and ended. */
  evaluate(): Promise<void>
  /** Tells people once what is to be told now. */
  deliver(): Promise<void>
  close(): Promise<void>
}

/** After a start some readings take a while to come: what went on before is not over for want of one. */
const settleMs = 90_000

/** What watches, judges and tells, one look at a time. Whatever fails, the bus or the store, is tried again with the next look. */
export async function openAlerter(parts: AlerterParts): Promise<Alerter> {
  const { bus, store, definitions, now, log, metrics } = parts
  const book = await openAlertBook({ store, bus, definitions })
  const silences = await openSilences({ store, bus, service: parts.name, now })
  silences.done.catch((error: unknown) => log.error({ err: error }, 'silences cannot be changed any more, until the next start'))
  const delivery = await openDelivery({
    ...parts, book, mayTell: (alert, at) => rankOf(alert.severity) >= rankOf(parts.leastSeverity) && !silences.silenced(alert, at),
  })
  const startedAt = now()
  const refreshes = parts.sources.map((source) => refresher(source, parts))
  let alerts = book.restored
  return {
    async evaluate() {
      await Promise.all(refreshes.map((refresh) => refresh()))
      const at = now()
      const readings = parts.sources.flatMap((source) => source.readings(at))
      const changes = advanceAlerts(alerts, readings, definitions, { now: at, absent: at - startedAt < settleMs ? 'unknown' : 'fine' })
      alerts = changes.alerts
      book.note(changes, at)
      metrics.show(readings, book.firing())
      await book.flush()
      metrics.evaluations.inc()
    },
    deliver: delivery.tick,
    async close() {
      await silences.close()
      for (const source of parts.sources) await source.close()
      for (const channel of parts.channels) await channel.close()
      log.debug('the alerter is closed')
    },
  }
}

/** Refreshes a source when it is due; one that fails is told of and tried again then. */
function refresher(source: Source, { now, log }: AlerterParts): () => Promise<void> {
  let next = 0
  return async () => {
    if (!source.refresh || now() < next) return
    next = now() + (source.everyMs ?? 0)
    await source.refresh(now()).catch((error: unknown) => log.warn({ err: error }, 'something that is watched could not be looked at'))
  }
}

/** Looks and tells every second until the signal aborts; a slow channel holds up no look. */
export async function runAlerter(alerter: Alerter, { signal, log, everyMs = 1_000 }: { signal: AbortSignal; log: Logger; everyMs?: number }): Promise<void> {
  const repeat = async (step: () => Promise<void>, failure: string) => {
    while (!signal.aborted) {
      await step().catch((error: unknown) => log.warn({ err: error }, failure))
      await abortableDelay(everyMs, signal)
    }
  }
  await Promise.all([
    repeat(() => alerter.evaluate(), 'alerts could not be looked at; they are tried again'),
    repeat(() => alerter.deliver(), 'people could not be told yet; it is tried again'),
  ])
}
