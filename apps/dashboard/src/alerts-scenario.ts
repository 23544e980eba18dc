import { consumeMessages, type Bus } from '@streamforge/bus'
import { alertKey, catalog, Silence, type AlertCommand, type StoredAlert } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'

/** What the alerter leaves in the store, and that it hears silences, made from the contracts: for tests of the page that shows them. */
const minute = 60_000

function alertOf(alert: Pick<StoredAlert, 'alert' | 'kind' | 'severity' | 'title' | 'labels' | 'summary' | 'value' | 'starts_at'> & { ends_at?: number }): StoredAlert {
  const status = alert.ends_at === undefined ? 'firing' as const : 'resolved' as const
  return { ...alert, _key: alertKey(alert), status, last_above_at: alert.starts_at, updated_at: alert.ends_at ?? alert.starts_at, published: status }
}

/** Three that go on and two that are over. */
export async function storeAlerts(store: Store, now: number): Promise<void> {
  await store.ensureCollection('alerts', { indexes: [['status'], ['starts_at']] })
  const series = (symbol: string) => ({ venue: 'binance', symbol, series: 'ws_trades' })
  const noData = { alert: 'no_data', kind: 'no_data', severity: 'critical', title: 'No data' } as const
  await store.writeBatch('alerts', [
    alertOf({ ...noData, labels: series('BTCUSDT'), value: 14.2, summary: 'Nothing came of BTCUSDT on binance (ws_trades) for 14.2 times as long as a record should take', starts_at: now - 12 * minute }),
    alertOf({
      alert: 'worker_failing', kind: 'service', severity: 'warning', title: 'Worker keeps failing', labels: { target: 'predictor', code: 'STORE_UNAVAILABLE', retryable: 'true' },
      value: 4, summary: 'predictor failed 4 times in 15 minutes with STORE_UNAVAILABLE', starts_at: now - 3 * minute,
    }),
    alertOf({ alert: 'volume_spike', kind: 'volume_spike', severity: 'info', title: 'Volume spike', labels: series('ETHUSDT'), value: 7.1, summary: 'The volume of ETHUSDT on binance (ws_trades) is 7.1 robust deviations above its median', starts_at: now - minute }),
    alertOf({ ...noData, labels: series('ETHUSDT'), value: 5, summary: 'Nothing came of ETHUSDT on binance (ws_trades) for 5 times as long as a record should take', starts_at: now - 200 * minute, ends_at: now - 180 * minute }),
    alertOf({
      alert: 'dead_letters', kind: 'service', severity: 'warning', title: 'Messages refused', labels: { topic: 'quotes' }, value: 2,
      summary: '2 messages of quotes were refused in the last 15 minutes; they are kept among the dead letters', starts_at: now - 90 * minute, ends_at: now - 74 * minute,
    }),
  ])
}

export interface SilenceHearer {
  readonly heard: AlertCommand[]
  close(): Promise<void>
}

/** Stores and lifts silences as the alerter does. */
export async function hearSilences(bus: Bus, store: Store, now: () => number): Promise<SilenceHearer> {
  const { topic, partitions } = catalog['alert-control']
  await bus.admin.createTopic({ name: topic, partitions })
  await store.ensureCollection('alert_silences')
  const heard: AlertCommand[] = []
  const consumer = await consumeMessages(bus, catalog['alert-control'], { group: 'alerter', from: 'earliest', service: 'alerter', now }, async ({ messages }) => {
    for (const { value } of messages) {
      heard.push(value)
      if (value.command === 'silence') await store.writeBatch('alert_silences', [{ _key: value.silence.id, ...Silence.parse(value.silence) }])
      else await store.deleteKeys('alert_silences', [value.id])
    }
  })
  return { heard, close: () => consumer.close() }
}
