import { Assignment, type StoredQueue } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { planShadow } from './plan-shadow.ts'
import { common } from './read-outputs.ts'

const job = (target: string) => ({ target, telemetry_id: `${target}__a1b2c3` })
const queue = (more: Partial<StoredQueue> = {}, targets = ['loader-producer', 'arango-connector']) => ({
  queue_id: 'wf-btcusdt-api_candles_5m-20250301-a1b2c3', workflow_id: 'wf-a1b2c3', venue: 'binance', symbol: 'BTCUSDT', type: 'api_candles_5m', time_range: '2025-03-01:2025-03-02',
  kafka_topic: 'wf-btcusdt-api_candles_5m-20250301-a1b2c3-data', collection_name: 'btcusdt_api_candles_5m_2025_03_01', shards: [], jobs: targets.map(job), ...more,
}) as unknown as StoredQueue
const context = { version: 'v0.2.0', suffix: 'ffffff', now: 1_700_000_000_000 }
const stage = { type: 'features_5m', symbol: 'ALL', queue_id: 'wf-all-features_5m-20250301-a1b2c3', kafka_topic: 'wf-all-features_5m-20250301-a1b2c3-data' } as const

describe('a shadow', () => {
  it('of a connector reads the same topic in a group of its own, into a collection of its own', () => {
    const { start, outputs, owns } = planShadow(queue(), 'arango-connector', context)
    expect(start).toMatchObject({ kafka_topic: queue().kafka_topic, topic_of: queue().queue_id, attempt: 1, image: 'canary/arango-connector:v0.2.0' })
    expect(start.queue_id).not.toBe(queue().queue_id)
    expect(start.workflow_id).toBeUndefined()
    expect(start.collection_name).not.toBe(queue().collection_name)
    expect(outputs).toEqual({ kind: 'collection', current: queue().collection_name, shadow: start.collection_name })
    expect(owns).toEqual({ collection: start.collection_name, groups: [`arango-connector.${start.queue_id}`] })
  })

  it('of a processor publishes on a topic of its own', () => {
    const of = queue(stage, ['processor', 'arango-connector'])
    const { start, outputs, owns } = planShadow(of, 'processor', context)
    expect(outputs).toEqual({ kind: 'topic', current: of.kafka_topic, shadow: start.kafka_topic })
    expect(start.kafka_topic).toBe(`${start.queue_id}-data`)
    expect(owns.topic).toBe(start.kafka_topic)
    expect(owns.groups).toEqual([`processor.${start.queue_id}`, `processor-news.${start.queue_id}`])
    const { command: _c, image: _i, timestamp: _t, ...assignment } = start
    expect(Assignment.parse(assignment)).toEqual(assignment)
  })

  it('is not made of what the queue has not, or what would mix', () => {
    expect(() => planShadow(queue(), 'processor', context)).toThrow('has no processor')
    expect(() => planShadow(queue(stage, ['processor', 'arango-connector']), 'arango-connector', context)).toThrow('stages share collections')
  })
})

it('of queues that go on, only what both have passed is compared', () => {
  const made = (...times: number[]) => new Map(times.map((event_time) => [String(event_time), { record: { event_time } }]))
  const { current, shadow } = common(made(1, 2, 3, 4), made(2, 3, 4, 5, 6))
  expect([...current.keys()]).toEqual(['2', '3', '4'])
  expect([...shadow.keys()]).toEqual(['2', '3', '4'])
})
