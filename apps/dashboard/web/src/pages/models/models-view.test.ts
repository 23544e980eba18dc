import type { ModelVersion, Scores, StoredModelAlias, TrainingRun } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { agentCurves, learningCurves } from './learning-curves.ts'
import { aliasesOf, allScores, bestBy, changeTo, mergeModels, metricsOf, modelNames, type Models } from './models-view.ts'

const run = (run_id: string, started_at: number, more: Partial<TrainingRun> = {}) => ({ run_id, started_at, model: 'gnn-5m', status: 'running', epochs: [], ...more }) as unknown as TrainingRun
const version = (number: number, model = 'gnn-5m') => ({ model, version: number, created_at: number }) as ModelVersion
const alias = (name: 'champion' | 'challenger', model_version: number) => ({ model: 'gnn-5m', alias: name, model_version }) as StoredModelAlias
const models: Models = { versions: [version(3), version(2), version(1), version(1, 'gnn-1h')], aliases: [alias('champion', 2), alias('challenger', 3)], runs: [run('b', 2), run('a', 1)] }
const measured = (value: number) => ({ value, low: value - 1, high: value + 1 })

describe('models', () => {
  it('keep the runs that have not changed', () => {
    const told = { kind: 'models', versions: [], aliases: [], runs: [run('a', 1, { status: 'finished' }), run('c', 3)], whole: false } as const
    expect(mergeModels(models, { ...told, runs: [...told.runs], versions: [], aliases: [] }).runs.map((r) => [r.run_id, r.status])).toEqual([['c', 'running'], ['b', 'running'], ['a', 'finished']])
    expect(mergeModels(models, { ...told, runs: [], versions: [], aliases: [], whole: true }).runs).toEqual([])
  })
  it('say what a change to a version would be', () => {
    expect([3, 2, 1].map((n) => changeTo(models, version(n)))).toEqual(['promote', undefined, 'roll back'])
    expect(changeTo(models, version(1, 'gnn-1h'))).toBe('promote')
    expect(aliasesOf(models, version(3))).toEqual(['challenger'])
    expect(modelNames(models)).toEqual(['gnn-5m', 'gnn-1h'])
  })
})

describe('scores', () => {
  const scores: Record<string, Scores> = { gnn: { mse: measured(2), rank_ic: measured(0.1), zeta: measured(1) }, linear: { mse: measured(1), rank_ic: measured(0.1) } }
  it('name the best: the lowest error, the highest of the rest', () => {
    expect(metricsOf(scores)).toEqual(['mse', 'rank_ic', 'zeta'])
    expect([bestBy(scores, 'mse'), bestBy(scores, 'rank_ic')]).toEqual([['linear'], ['gnn', 'linear']])
  })
  it('of an agent are what it would have earned, where the smallest loss of a peak is best', () => {
    const agent = allScores({ model: 'agent-btcusdt-5m', scores: { max_drawdown: measured(0.1) }, baselines: { rsi: { max_drawdown: measured(0.2) } } })
    expect([Object.keys(agent), bestBy(agent, 'max_drawdown')]).toEqual([['dqn', 'rsi'], ['dqn']])
    const epochs = [1, 2].map((epoch) => ({ epoch, loss: 1 / epoch, metrics: { steps: epoch * 500, epsilon: 0.5, other: 1, mean_reward: 0.1, ...(epoch === 2 && { validation_log_return: 0.02 }), fold: 1 } }))
    expect(agentCurves({ epochs } as never).map(({ name, points }) => [name, points.length])).toEqual([['loss', 2], ['log return on the validation bars', 1], ['mean reward of a step', 2], ['share of random actions', 2]])
  })
  it('are drawn epoch by epoch, without what is not a number', () => {
    const epochs = [1, 2].map((epoch) => ({ epoch, epochs: 2, loss: 1 / epoch, metrics: { loss: epoch === 1 ? Number.NaN : 3, rank_ic: 0.1 }, seconds: 1, at: 0 }))
    expect(learningCurves({ epochs })).toMatchObject({
      loss: [{ points: [[1, 1], [2, 0.5]] }, { points: [[2, 3]] }], others: [{ name: 'validation RankIC', points: [[1, 0.1], [2, 0.1]] }],
    })
  })
})
