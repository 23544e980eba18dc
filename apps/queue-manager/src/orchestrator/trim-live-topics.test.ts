import type { Bus } from '@streamforge/bus'
import { WorkflowRequest } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { plannedQueue } from '../queue/queue-fixture.ts'
import { connectorGroup } from './carry-out.ts'
import { openTestPlatform, type TestPlatform } from './test-platform.ts'
import { trimLiveTopics } from './trim-live-topics.ts'

const now = 1_700_000_000_000
const hour = 3_600_000
const queue = plannedQueue({ type: 'ws_trades', status: 'running' })
const { kafka_topic: topic } = queue

let platform: TestPlatform
let bus: Bus
beforeEach(async () => {
  platform = await openTestPlatform()
  ;({ bus } = platform)
})
afterEach(() => platform.close())

/** Ten messages, one published every hour, the last one now. */
async function tenHours() {
  await bus.admin.createTopic({ name: topic, partitions: 1 })
  for (let i = 0; i < 10; i++) await bus.publish(topic, [{ value: String(i), timestamp: now - (9 - i) * hour }])
}
const committed = (group: string, offset: bigint) => bus.admin.seek(group, topic, { partition: 0, offset })
const trim = (queues = [queue]) => trimLiveTopics({ bus, queues, olderThan: now - 6 * hour })
const earliest = async (name = topic) => (await bus.admin.describeTopic(name)).partitions[0]!.earliest

describe('the topic of a running live queue', () => {
  it('loses what is old and what every group has had, and nothing else', async () => {
    await tenHours()
    await committed(connectorGroup(queue.queue_id), 9n)
    await committed('another', 2n)
    expect(await trim()).toBe(2n)
    expect(await earliest()).toBe(2n)
    await committed('another', 10n)
    expect(await trim()).toBe(1n)
    expect(await earliest()).toBe(3n)
    expect(await trim()).toBe(0n)
  })

  it('stays whole while nobody has had anything, and when the queue is no live one, or does not run', async () => {
    await tenHours()
    expect(await trim()).toBe(0n)
    await committed(connectorGroup(queue.queue_id), 9n)
    expect(await trim([plannedQueue({ status: 'running', kafka_topic: topic }), { ...queue, status: 'stopped' }])).toBe(0n)
    expect(await earliest()).toBe(0n)
  })

  it('stays whole for a group that has begun and committed nothing', async () => {
    await tenHours()
    await committed(connectorGroup(queue.queue_id), 9n)
    const { promise: hold, resolve: letGo } = Promise.withResolvers<void>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const slow = await bus.consume({ group: 'slow', topics: [topic], from: 'earliest' }, async () => {
      begin()
      await hold
    })
    await begun
    expect(await trim()).toBe(0n)
    letGo()
    await slow.close()
    expect(await trim()).toBe(3n)
  })

  it('is trimmed by the orchestrator as time passes', async () => {
    const orchestrator = await platform.start({ trimMs: 5, liveTopicRetentionMs: 0 })
    await orchestrator.create(WorkflowRequest.parse({ symbols: ['BTCUSDT'], types: ['ws_trades'], time_range: '2022-08-01:' }))
    const live = await platform.launched('loader-producer')
    await bus.publish(live.kafka_topic, [{ value: 'a', timestamp: 1_000 }, { value: 'b', timestamp: 2_000 }])
    await bus.admin.seek(connectorGroup(live.queue_id), live.kafka_topic, 'latest')
    await expect.poll(() => earliest(live.kafka_topic), { interval: 5 }).toBe(2n)
  })
})
