import type { StartCommand } from '@streamforge/contracts'

const day = { from: 1_659_312_000_000, noon: 1_659_355_200_000, to: 1_659_398_400_000 }
export const shards = [{ shard: 0, from: day.from, to: day.noon }, { shard: 1, from: day.noon, to: day.to }]

const targets: Readonly<Record<string, StartCommand['target']>> = {
  'arango-connector': 'arango-connector', processor: 'processor', 'graph-builder': 'graph-builder', trainer: 'trainer', predictor: 'predictor',
}

/** The start of an app's worker, the same at every call: for tests that compare whole Jobs. */
export function startOf(app: string, more: Partial<StartCommand> = {}): StartCommand {
  const queue = 'wf-btcusdt-api_candles_5m-20220801-a1b2c3'
  return {
    command: 'start', workflow_id: 'wf-a1b2c3', queue_id: queue, target: targets[app] ?? 'loader-producer', venue: 'binance', symbol: 'BTCUSDT',
    type: 'api_candles_5m', time_range: '2022-08-01:2022-08-02', kafka_topic: `${queue}-data`,
    collection_name: 'btcusdt_api_candles_5m_2022_08_01', telemetry_id: 'loader-producer__a1b2c3', attempt: 1, shards: [],
    checkpoint: [], image: `registry.example/streamforge/${app}:v0.1.0`, timestamp: 1_722_500_000, ...more,
  }
}
