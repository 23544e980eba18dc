import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignmentFromEnv, assignmentToEnv } from './assignment-env.ts'
import { StreamForgeError } from './errors.ts'
import type { Assignment } from './queue-control.ts'

const day = Date.UTC(2024, 7, 1)
const assignment: Assignment = {
  workflow_id: 'wf-a1b2c3', queue_id: 'wf-btcusdt-api_trades-20240801-a1b2c3', target: 'loader-producer', venue: 'binance',
  symbol: 'BTCUSDT', type: 'api_trades', time_range: '2024-08-01:2024-08-02', kafka_topic: 't-data', collection_name: 'btcusdt',
  telemetry_id: 'loader-producer__a1b2c3', attempt: 3, shards: [{ shard: 0, from: day, to: day + 1000 }], checkpoint: [],
}

describe('the assignment in the environment', () => {
  it('comes back as it went in', () => {
    fc.assert(fc.property(
      fc.nat(50).map((n) => n + 1), fc.option(fc.constant('wf-0a0b0c'), { nil: undefined }),
      fc.array(fc.record({ shard: fc.nat(63), position: fc.nat(), records: fc.nat(), done: fc.boolean() })),
      (attempt, workflow_id, checkpoint) => {
        const given = { ...assignment, attempt, checkpoint, workflow_id }
        expect(assignmentFromEnv(assignmentToEnv(given))).toEqual(given)
      },
    ))
  })

  it('carries nothing but strings', () => {
    const env = assignmentToEnv(assignment)
    expect(env).toMatchObject({ QUEUE_ID: assignment.queue_id, ATTEMPT: '3', CHECKPOINT: '[]', TARGET: 'loader-producer' })
    expect(Object.values(env).every((value) => typeof value === 'string')).toBe(true)
  })

  it('takes the target of the program where TARGET is absent, and defaults for the rest', () => {
    const { TARGET: _target, SHARDS: _shards, CHECKPOINT: _checkpoint, ATTEMPT: _attempt, ...env } = assignmentToEnv(assignment)
    expect(assignmentFromEnv({ ...env, ATTEMPT: '' }, 'arango-connector'))
      .toMatchObject({ target: 'arango-connector', attempt: 1, shards: [], checkpoint: [] })
  })

  it.each([
    [{ SYMBOL: 'btc-usdt' }, 'SYMBOL: '], [{ ATTEMPT: 'two' }, 'ATTEMPT: '], [{ SHARDS: '[{' }, 'SHARDS: '],
    [{ CHECKPOINT: '[{"shard":-1}]' }, 'CHECKPOINT at 0.shard: '], [{ QUEUE_ID: '' }, 'QUEUE_ID is missing'],
  ])('names the variable that is wrong: %j', (wrong, message) => {
    const read = () => assignmentFromEnv({ ...assignmentToEnv(assignment), ...wrong })
    expect(read).toThrowError(StreamForgeError)
    expect(read).toThrowError(message)
  })
})
