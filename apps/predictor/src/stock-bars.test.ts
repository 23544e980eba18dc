import { barGrid, Pipeline, type StageSpec } from '@streamforge/contracts'
import { expect, it } from 'vitest'
import { timesUpTo } from './bar-windows.ts'
import { forecastStage } from './forecast-stage.ts'

const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
const dates = (times: readonly number[]) => times.map((time) => new Date(time).toISOString().slice(0, 10))

it('looks back over sessions of a stock, and over all days of a coin', () => {
  expect(dates(timesUpTo(day('2024-07-08'), 4, barGrid('yahoo', '1d')))).toEqual(['2024-07-02', '2024-07-03', '2024-07-05', '2024-07-08'])
  expect(dates(timesUpTo(day('2024-07-08'), 4, barGrid('binance', '1d')))).toEqual(['2024-07-05', '2024-07-06', '2024-07-07', '2024-07-08'])
})

it('begins to forecast a stock where the test part of its sessions does', () => {
  const range = { from: day('2023-01-01'), to: day('2024-01-01') }
  const input = { queue_id: 'wf-all-features_1d-20230101-a1b2c3', venue: 'yahoo', symbol: 'ALL', type: 'features_1d' as const, collection_name: 'features_1d_a1b2c3', kafka_topic: 'topic', ...range }
  const spec: StageSpec = {
    _key: 'wf-all-forecast_1d-20230101-a1b2c3', queue_id: 'wf-all-forecast_1d-20230101-a1b2c3', workflow_id: 'wf-a1b2c3', type: 'forecast_1d', interval: '1d', venue: 'yahoo',
    symbols: ['AAPL', 'MSFT'], ...range, live: false, inputs: [input], pipeline: Pipeline.parse({ type: 'train_gnn', training: { parts: [0.5, 0.25, 0.25] } }), created_at: range.to,
  }
  const sessions = barGrid('yahoo', '1d').times(range)
  expect(sessions).toHaveLength(250)
  expect(dates([forecastStage(spec).firstBar])).toEqual(dates([sessions[187]!]))
})
