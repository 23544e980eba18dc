import { ensureTopics } from '@streamforge/bus'
import { alertDefinitions, StreamForgeError } from '@streamforge/contracts'
import { overrideDefinitions } from '@streamforge/market'
import { runService } from '@streamforge/service'
import { openAlerter, runAlerter } from './alerter.ts'
import { canaryMetrics } from './canary-metrics.ts'
import { Config, type AlerterConfig } from './config.ts'
import { openChannels } from './delivery/open-channels.ts'
import { registerMetrics } from './metrics.ts'
import { openSources } from './open-sources.ts'
import { followCanaries } from './sources/canaries.ts'

await runService('alerter', Config, async ({ name, config, bus, store: connect, metrics, log, now, random, signal }) => {
  const channels = await openChannels(config)
  const definitions = definitionsOf(config)
  const store = await connect()
  await ensureTopics(bus)
  const canaries = followCanaries(store)
  canaryMetrics(metrics, canaries.figures, canaries.releases)
  const alerter = await openAlerter({
    name, bus, store, channels, definitions, now, random, log, metrics: registerMetrics(metrics), leastSeverity: config.ALERT_LEAST_SEVERITY,
    sources: [...openSources({ bus, store, log, now, watched: config.ALERT_SERVICES }), canaries],
    rules: { waitMs: config.ALERT_GROUP_WAIT_MS, intervalMs: config.ALERT_GROUP_INTERVAL_MS, repeatMs: config.ALERT_REPEAT_MS },
  })
  log.info({ channels: channels.map((channel) => channel.name), alerts: definitions.length }, 'watching')
  const running = runAlerter(alerter, { signal, log })
  return async () => {
    await running
    await alerter.close()
  }
})

/** @throws StreamForgeError BAD_CONFIG */
function definitionsOf({ ALERT_RULES: rules = {} }: AlerterConfig) {
  try {
    return overrideDefinitions(alertDefinitions, rules)
  } catch (error) {
    throw new StreamForgeError('BAD_CONFIG', `ALERT_RULES: ${(error as Error).message}`, { cause: error })
  }
}
