import { describe, expect, it } from 'vitest'
import { catalog } from './catalog.ts'
import { dataTopic, collectionName, queueId, telemetryId, targetOf } from './names.ts'
import { ControlMessage } from './queue-control.ts'
import { QueueEvent } from './queue-event.ts'

// The forms that programs outside already write and read: these names and meanings stay.
const start = {
  command: 'start', queue_id: 'wf-btcusdt-api_candles_5m-20240801-a1b2c3', target: 'loader-producer', symbol: 'BTCUSDT',
  type: 'api_candles_5m', time_range: '2024-08-01:2024-08-02', kafka_topic: 'wf-btcusdt-api_candles_5m-20240801-a1b2c3-data',
  collection_name: 'btcusdt_api_candles_5m_2024_08_01', telemetry_id: 'loader-producer__a1b2c3',
  image: 'registry.example/streamforge/loader-api:v0.2.0', timestamp: 1722500000.123,
}
const loading = {
  queue_id: 'wf-btcusdt-api_candles_5m-20240801-a1b2c3', producer: 'arango-connector__a1b2c3', symbol: 'BTCUSDT',
  type: 'api_candles_5m', status: 'loading', message: '15000 records written', records_written: 15000, finished: false,
  timestamp: 1722500125.456,
}

describe('messages', () => {
  it('reads a start command in its plain form as the first attempt of one shard', () => {
    expect(ControlMessage.parse(start)).toEqual({ ...start, venue: 'binance', attempt: 1, shards: [], checkpoint: [] })
  })

  it('reads an event in its plain form', () => {
    expect(QueueEvent.parse(loading)).toEqual({ ...loading, attempt: 1 })
  })

  it('names queues, topics, collections and workers as documented', () => {
    const parts = { workflowId: 'wf-a1b2c3', venue: 'binance', symbol: 'BTCUSDT', type: 'api_candles_5m', from: Date.UTC(2024, 7, 1) }
    expect(queueId(parts)).toBe(start.queue_id)
    expect(dataTopic(start.queue_id)).toBe(start.kafka_topic)
    expect(collectionName(parts)).toBe(start.collection_name)
    expect(collectionName({ ...parts, venue: 'coinbase' })).toBe(`coinbase_${start.collection_name}`)
    expect(collectionName({ ...parts, symbol: '1000SATSUSDT' })).toBe('binance_1000satsusdt_api_candles_5m_2024_08_01')
    expect(telemetryId('loader-producer', 'wf-a1b2c3')).toBe(start.telemetry_id)
    expect(targetOf(loading.producer)).toBe('arango-connector')
  })

  it('keys commands and events by queue', () => {
    expect(catalog['queue-control'].key(ControlMessage.parse(start))).toBe(start.queue_id)
    expect(catalog['queue-events'].key(QueueEvent.parse(loading))).toBe(start.queue_id)
  })
})
