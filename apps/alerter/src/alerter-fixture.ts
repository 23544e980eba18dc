import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, ensureTopics, type Bus } from '@streamforge/bus'
import { alertDefinitions, catalog, AlertEvent, type AlertMeasure } from '@streamforge/contracts'
import { type Reading } from '@streamforge/market'
import { createLogger, loadConfig } from '@streamforge/service'
import { connectStore, type Store } from '@streamforge/store'
import { Registry } from 'prom-client'
import { openAlerter, type Alerter } from './alerter.ts'
import { Config } from './config.ts'
import { openChannels } from './delivery/open-channels.ts'
import { registerMetrics } from './metrics.ts'

/** An alerter with readings and a clock of the test's own, on an embedded bus and store that outlive it. */
export interface AlerterScenario {
  readonly bus: Bus
  readonly store: Store
  readonly clock: { now: number }
  readonly registry: Registry
  /** Everything that was logged, at the finest level. */
  readonly logs: string[]
  set(measure: AlertMeasure, labels: Record<string, string>, value: number | undefined): void
  /** Closes the alerter that runs, and opens another. */
  restart(): Promise<void>
  /** Lets `ms` pass in steps of a second, looking and telling after each. */
  pass(ms: number): Promise<void>
  alerter(): Alerter
  events(): Promise<AlertEvent[]>
  close(): Promise<void>
}

export async function openScenario(env: Record<string, string> = {}): Promise<AlerterScenario> {
  const directory = await mkdtemp(join(tmpdir(), 'sf-alerter-'))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  await ensureTopics(bus)
  const clock = { now: 1_722_470_400_000 }
  const logs: string[] = []
  const readings = new Map<string, Reading>()
  let registry = new Registry()
  let alerter: Alerter | undefined
  const config = loadConfig(Config, { DATA_DIR: directory, ALERT_GROUP_WAIT_MS: '0', ALERT_GROUP_INTERVAL_MS: '0', ...env })
  const open = async () => {
    registry = new Registry()
    return openAlerter({
      name: 'alerter', bus, store, channels: await openChannels(config), definitions: alertDefinitions, leastSeverity: config.ALERT_LEAST_SEVERITY,
      rules: { waitMs: config.ALERT_GROUP_WAIT_MS, intervalMs: config.ALERT_GROUP_INTERVAL_MS, repeatMs: config.ALERT_REPEAT_MS },
      sources: [{ readings: () => [...readings.values()], close: async () => undefined }],
      now: () => clock.now, random: () => 0.5, metrics: registerMetrics(registry),
      log: createLogger({ service: 'alerter', level: 'trace', stream: { write: (line) => void logs.push(line) } }),
    })
  }
  alerter = await open()
  return {
    bus, store, clock, logs,
    get registry() { return registry },
    set(measure, labels, value) {
      const key = `${measure} ${JSON.stringify(labels)}`
      if (value === undefined) readings.delete(key)
      else readings.set(key, { measure, labels, value })
    },
    async restart() {
      await alerter!.close()
      alerter = await open()
    },
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += 1_000) {
        clock.now += 1_000
        await alerter!.evaluate()
        await alerter!.deliver()
      }
    },
    alerter: () => alerter!,
    async events() {
      const messages = await bus.admin.peek(catalog.alerts.topic, { partition: 0, limit: 1_000 })
      return messages.map(({ value }) => AlertEvent.parse(JSON.parse(value.toString())))
    },
    async close() {
      await alerter!.close()
      await bus.close()
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
