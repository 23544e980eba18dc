import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StartCommand, StoredQueue } from '@streamforge/contracts'
import { divideGroup, groupOf } from './group-launches.ts'

const start = (more: Partial<StartCommand> = {}): StartCommand => ({
  command: 'start', workflow_id: 'wf-a1b2c3', queue_id: 'wf-btcusdt-ws_trades-20240801-a1b2c3', target: 'loader-producer', venue: 'binance', symbol: 'BTCUSDT',
  type: 'ws_trades', time_range: '2024-08-01:', kafka_topic: 't', collection_name: 'c', telemetry_id: 'loader-producer__a1b2c3', attempt: 1, shards: [],
  checkpoint: [], image: 'registry.example/streamforge/loader-ws:v1', timestamp: 1, ...more,
})
const queue = (failures = 0) => ({ jobs: ['loader-producer', 'arango-connector'].map((target) => ({ target, attempts_without_progress: failures })) }) as unknown as Pick<StoredQueue, 'jobs'>

describe('groupOf', () => {
  it('is the same for live queues of one workflow, venue and worker', () => {
    expect(groupOf(start(), queue())).toBeDefined()
    expect(groupOf(start({ queue_id: 'q2', symbol: 'ETHUSDT', type: 'ws_orderbook', attempt: 4 }), queue())).toBe(groupOf(start(), queue()))
  })

  it.each([
    ['workflow', { workflow_id: 'wf-000000' }], ['venue', { venue: 'coinbase' as const }], ['image', { image: 'registry.example/streamforge/loader-ws:v2' }],
    ['target', { target: 'arango-connector' as const }],
  ])('is another for another %s', (_what, more) => {
    expect(groupOf(start(more), queue())).not.toBe(groupOf(start(), queue()))
  })

  it('is none for history, for stages, and for what has failed twice without progress', () => {
    expect(groupOf(start({ type: 'api_trades' }), queue())).toBeUndefined()
    expect(groupOf(start({ type: 'features_5m', target: 'arango-connector' }), queue())).toBeUndefined()
    expect(groupOf(start(), queue(1))).toBeDefined()
    expect(groupOf(start(), queue(2))).toBeUndefined()
  })
})

describe('divideGroup', () => {
  it('puts every launch into one process, none of them larger than allowed or by more than one smaller than another', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.nat(200), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (ids, size) => {
      const starts = ids.map((id) => start({ queue_id: `q${id}` }))
      const parts = divideGroup(starts, size)
      expect(parts.flat()).toEqual(starts)
      const sizes = parts.map((part) => part.length)
      expect(parts).toHaveLength(Math.ceil(starts.length / size))
      if (sizes.length > 0) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(size)
    }))
  })

  it('names a launch once that was asked for twice', () => {
    expect(divideGroup([start(), start()], 4)).toEqual([[start()]])
  })
})
