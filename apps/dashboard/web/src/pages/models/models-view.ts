import type { LivePayload, Measured, ModelVersion, Scores, StoredModelAlias, TrainingRun } from '@streamforge/contracts'

export interface Models {
  versions: readonly ModelVersion[]
  aliases: readonly StoredModelAlias[]
  runs: readonly TrainingRun[]
}

/** What is known with what has been told: all at first, then the runs that have gone on. */
export function mergeModels(known: Models | undefined, { versions, aliases, runs, whole }: Extract<LivePayload, { kind: 'models' }>): Models {
  if (whole || !known) return { versions, aliases, runs }
  const byId = new Map([...known.runs, ...runs].map((run) => [run.run_id, run]))
  return { versions, aliases, runs: [...byId.values()].sort((a, b) => b.started_at - a.started_at) }
}

/** Names of models that have versions or runs, the one with the newest first. */
export const modelNames = ({ versions, runs }: Models): string[] =>
  [...new Set([...versions.map((v) => ({ model: v.model, at: v.created_at })), ...runs.map((r) => ({ model: r.model, at: r.started_at }))].sort((a, b) => b.at - a.at).map(({ model }) => model))]

export const aliasesOf = ({ aliases }: Models, { model, version }: Pick<ModelVersion, 'model' | 'version'>) =>
  aliases.filter((alias) => alias.model === model && alias.model_version === version).map(({ alias }) => alias)

/** A change to a version before the champion is a roll-back. */
export function changeTo(models: Models, { model, version }: Pick<ModelVersion, 'model' | 'version'>): 'promote' | 'roll back' | undefined {
  const champion = models.aliases.find((alias) => alias.model === model && alias.alias === 'champion')?.model_version
  if (champion === version) return undefined
  return champion !== undefined && version < champion ? 'roll back' : 'promote'
}

const metrics: Record<string, { name: string; lower?: true; about: string }> = {
  mse: { name: 'MSE', lower: true, about: 'mean squared error; lower is better' },
  directional_accuracy: { name: 'Direction', about: 'share of forecasts with the right sign' },
  ic: { name: 'IC', about: 'correlation of forecasts and returns over assets, mean over bars' },
  rank_ic: { name: 'RankIC', about: 'rank correlation of forecasts and returns over assets, mean over bars' },
  mrr: { name: 'MRR', about: 'mean reciprocal rank of the asset with the highest forecast' },
  irr_1: { name: 'IRR 1', about: 'return of the asset with the highest forecast after costs' },
  irr_5: { name: 'IRR 5', about: 'return of the 5 assets with the highest forecasts after costs' },
  irr_10: { name: 'IRR 10', about: 'return of the 10 assets with the highest forecasts after costs' },
  total_return: { name: 'Return', about: 'of the portfolio over the test bars' },
  excess_return: { name: 'Above holding', about: 'logarithmic return above that of buying and holding' },
  sharpe: { name: 'Sharpe', about: 'mean return over its deviation, a year' },
  sortino: { name: 'Sortino', about: 'the same with the deviation of losses only' },
  max_drawdown: { name: 'Drawdown', lower: true, about: 'largest share of a peak that was lost; lower is better' },
  win_rate: { name: 'Win rate', about: 'share of sales that brought more than was paid' },
  cagr: { name: 'CAGR', about: 'the return a year that comes to the same' },
  irr_1_gross: { name: 'IRR 1, gross', about: 'return of the asset with the highest forecast before costs' },
  irr_5_gross: { name: 'IRR 5, gross', about: 'return of the 5 assets with the highest forecasts before costs' },
  irr_10_gross: { name: 'IRR 10, gross', about: 'return of the 10 assets with the highest forecasts before costs' },
}
export const metricName = (metric: string) => metrics[metric]?.name ?? metric
export const metricAbout = (metric: string) => metrics[metric]?.about ?? metric

const forecasters: Record<string, string> = {
  gnn: 'Network', gru: 'GRU without graph', linear: 'Linear (ridge)', last_value: 'Last value', momentum: 'Momentum', reversal: 'Reversal',
  dqn: 'Agent (DQN)', buy_and_hold: 'Buy and hold', moving_average: 'Moving averages', rsi: 'RSI',
}
export const forecasterName = (name: string) => forecasters[name] ?? name

/** Agents are judged by what they would have earned, networks by their forecasts. Whose names differ otherwise count as networks. */
const isAgent = (model: string) => model.startsWith('agent-')

/** The two figures by which versions of a model are told apart in a list. */
export const shortMetrics = (model: string): readonly string[] => (isAgent(model) ? ['excess_return', 'sharpe'] : ['rank_ic', 'mse'])

/** Metrics that any of them has, in the order in which people read them. */
export function metricsOf(scores: Readonly<Record<string, Scores>>): string[] {
  const had = new Set(Object.values(scores).flatMap((of) => Object.keys(of)))
  return [...Object.keys(metrics).filter((metric) => had.has(metric)), ...[...had].filter((metric) => !(metric in metrics)).sort()]
}

/** Who did best by a metric; several where they are equal. */
export function bestBy(scores: Readonly<Record<string, Scores>>, metric: string): string[] {
  const sign = metrics[metric]?.lower ? -1 : 1
  const had = Object.entries(scores).flatMap(([name, of]): [string, Measured][] => (of[metric] ? [[name, of[metric]]] : []))
  const best = Math.max(...had.map(([, { value }]) => sign * value))
  return had.filter(([, { value }]) => sign * value === best).map(([name]) => name)
}

/** The scores of a version as those of a run are: the model beside its baselines. */
export const allScores = ({ model, scores, baselines }: Pick<ModelVersion, 'model' | 'scores' | 'baselines'>): Record<string, Scores> => ({ [isAgent(model) ? 'dqn' : 'gnn']: scores, ...baselines })
