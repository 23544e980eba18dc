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

it('counts and logs messages that wait for space', async () => {
  const warnings: unknown[] = []
  const { registry, close } = createMetrics('test', { warn: (...facts: unknown[]) => { warnings.push(facts) } })
  const error = new Error('database or disk is full')
  channel('streamforge:bus:stalled').publish({ topic: 'queue-events', messages: 3, attempt: 2, error })
  expect(await registry.getSingleMetricAsString('streamforge_bus_stalls_total')).toContain('streamforge_bus_stalls_total{topic="queue-events",service="test"} 1')
  expect(warnings).toEqual([[{ topic: 'queue-events', messages: 3, attempt: 2, err: error }, 'the bus has no space for more; waiting']])
  close()
})
