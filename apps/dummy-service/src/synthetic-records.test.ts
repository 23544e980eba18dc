import { type Assignment, DataMessage, recordKey } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { readOptions } from './options.ts'
import { syntheticRecords } from './synthetic-records.ts'

const assignment: Assignment = {
  queue_id: 'queue-1', target: 'dummy-service', venue: 'binance', symbol: 'BTCUSDT', type: 'api_candles_1h', time_range: '2024-08-01:2024-08-02',
  kafka_topic: 'queue-1-data', collection_name: 'dummy', telemetry_id: 'dummy-service__000000', attempt: 1, shards: [], checkpoint: [],
}

describe('synthetic records', () => {
  it.each(['api_candles_1h', 'api_candles_1M', 'api_trades'] as const)('are valid and in order, each with its own key: %s', (type) => {
    const records = [...syntheticRecords({ ...assignment, type }, 20)]
    for (const record of records) expect(DataMessage.safeParse(record).success).toBe(true)
    const keys = records.map(recordKey)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.toSorted()).toEqual(keys)
  })

  it('end with the range', () => {
    expect([...syntheticRecords(assignment, 1000)]).toHaveLength(24)
  })
})

describe('the options of the dummy', () => {
  it('come from the environment and the command line together', () => {
    expect(readOptions(['--rate', '5'], { DUMMY_OPTIONS: '--simulate-loading  --fail-after 2' })).toMatchObject({
      simulateLoading: true, failAfter: 2, rate: 5, records: 1000, hang: false, exitCode: undefined,
    })
  })

  it.each([['--records', 'many'], ['--explode']])('are refused when wrong: %s %s', (...args) => {
    expect(() => readOptions(args)).toThrowError(expect.objectContaining({ code: 'BAD_CONFIG' }))
  })
})
