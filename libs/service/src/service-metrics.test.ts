import { channel } from 'node:diagnostics_channel'
import { expect, it } from 'vitest'
import { createMetrics } from './service-metrics.ts'

it('counts and logs messages that were passed over, until it is closed', async () => {
  const warnings: unknown[] = []
  const { registry, close } = createMetrics('test', { warn: (...facts: unknown[]) => { warnings.push(facts) } })
  const skipped = channel('streamforge:bus:skipped')
  const facts = { topic: 'queue-events', partition: 1, offset: '7', reason: 'deleted before it was read; going on at 9' }
  skipped.publish(facts)
  expect(await registry.getSingleMetricAsString('streamforge_bus_skips_total')).toContain('streamforge_bus_skips_total{topic="queue-events",service="test"} 1')
  expect(warnings).toEqual([[facts, 'messages were passed over']])
  close()
  skipped.publish(facts)
  expect(warnings).toHaveLength(1)
})
