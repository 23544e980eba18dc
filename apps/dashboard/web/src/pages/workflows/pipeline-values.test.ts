import { describe, expect, it } from 'vitest'
import { emptyPipeline, pipelineProblem, toPipeline } from './pipeline-values.ts'

const data = { symbols: ['BTCUSDT', 'ETHUSDT'], types: ['api_candles_5m', 'ws_candles_5m'] }

describe('the pipeline of a workflow', () => {
  it('says only what differs from the defaults', () => {
    expect(toPipeline(emptyPipeline)).toBeUndefined()
    expect(toPipeline({ ...emptyPipeline, type: 'features' })).toEqual({ type: 'features' })
    expect(toPipeline({ ...emptyPipeline, type: 'train_gnn' })).toEqual({ type: 'train_gnn' })
    expect(toPipeline({ ...emptyPipeline, type: 'train_gnn', training: { epochs: '3', learning_rate: '0.01', seed: '' }, graph: { windows: '4' }, kinds: ['correlation'] }))
      .toEqual({ type: 'train_gnn', training: { epochs: 3, learning_rate: 0.01 }, graph: { windows: 4, kinds: ['correlation'] } })
    expect(toPipeline({ ...emptyPipeline, type: 'trade_agent' })).toEqual({ type: 'trade_agent' })
    expect(toPipeline({ ...emptyPipeline, type: 'trade_agent', agent: { steps: '5000', fee_bps: '' } })).toEqual({ type: 'trade_agent', agent: { steps: 5_000 } })
  })

  it('says what is missing', () => {
    const training = { ...emptyPipeline, type: 'train_gnn' as const }
    expect(pipelineProblem(training, data)).toBeUndefined()
    expect(pipelineProblem(emptyPipeline, { symbols: [], types: [] })).toBeUndefined()
    expect(pipelineProblem(training, { ...data, symbols: ['BTCUSDT'] })).toContain('two symbols')
    expect(pipelineProblem({ ...training, type: 'features' }, { ...data, types: ['api_trades'] })).toContain('candles')
    expect(pipelineProblem(training, { ...data, types: ['ws_candles_5m'] })).toContain('history')
    expect(pipelineProblem({ ...training, kinds: [] }, data)).toContain('kind of relation')
    expect(pipelineProblem({ ...training, training: { epochs: '2.5' } }, data)).toBe('Epochs at most: a number from 1 to 1000.')
    const agent = { ...emptyPipeline, type: 'trade_agent' as const }
    expect(pipelineProblem(agent, { ...data, symbols: ['BTCUSDT'] })).toBeUndefined()
    expect(pipelineProblem({ ...agent, agent: { steps: '1' } }, data)).toBe('Steps of training: a number from 100 to 10000000.')
  })
})
