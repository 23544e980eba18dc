import type { Assignment } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { workerEnvironments } from './worker-environments.ts'

const assignment = (symbol: string): Assignment => ({
  queue_id: `wf-${symbol.toLowerCase()}-ws_trades-20240801-a1b2c3`, target: 'loader-producer', venue: 'binance', symbol, type: 'ws_trades',
  time_range: '2024-08-01:', kafka_topic: `t-${symbol}`, collection_name: 'x', telemetry_id: 'loader-producer__a1b2c3', attempt: 1, shards: [], checkpoint: [],
})

describe('workerEnvironments', () => {
  it('are the process own without ASSIGNMENTS, else one for each', () => {
    const env = { QUEUE_ID: 'q', LOG_LEVEL: 'warn', WORKFLOW_ID: 'wf-ffffff' }
    expect(workerEnvironments(env, 'loader-producer')).toEqual([env])
    const { target: _target, ...second } = { ...assignment('ETHUSDT'), attempt: 2 }
    const list = JSON.stringify([assignment('BTCUSDT'), second])
    const environments = workerEnvironments({ ...env, SHARD_INDEX: '1', ASSIGNMENTS: list }, 'loader-producer')
    expect(environments).toHaveLength(2)
    expect(environments[0]).toMatchObject({ SYMBOL: 'BTCUSDT', KAFKA_TOPIC: 't-BTCUSDT', LOG_LEVEL: 'warn', ASSIGNMENTS: undefined, WORKFLOW_ID: undefined, SHARD_INDEX: undefined })
    expect(environments[1]).toMatchObject({ SYMBOL: 'ETHUSDT', ATTEMPT: '2', TARGET: 'loader-producer' })
  })

  it.each([
    ['not JSON', '[{'], ['an empty list', '[]'], ['no list', '{}'], ['what is no assignment', '[3]'],
    ['one queue twice', JSON.stringify([assignment('BTCUSDT'), assignment('BTCUSDT')])],
    ['several venues', JSON.stringify([assignment('BTCUSDT'), { ...assignment('ETHUSDT'), venue: 'coinbase' }])],
    ['another target', JSON.stringify([{ ...assignment('BTCUSDT'), target: 'arango-connector' }])],
  ])('refuse %s', (_what, text) => {
    expect(() => workerEnvironments({ ASSIGNMENTS: text }, 'loader-producer')).toThrow(expect.objectContaining({ code: 'BAD_CONFIG' }))
  })
})
