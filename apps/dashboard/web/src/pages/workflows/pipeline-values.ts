import type { RelationKind, WorkflowRequestInput } from '@streamforge/contracts'

export type PipelineInput = NonNullable<WorkflowRequestInput['pipeline']>
export type PipelineName = PipelineInput['type']

/** What a person has chosen to be made of the data; empty texts: the default. */
export interface PipelineValues {
  type: '' | PipelineName
  training: Readonly<Record<string, string>>
  graph: Readonly<Record<string, string>>
  kinds: readonly RelationKind[]
  agent: Readonly<Record<string, string>>
}

interface NumberField { field: string; label: string; usual: number; minimum: number; maximum: number; step: number | 'any' }
const field = (name: string, label: string, usual: number, [minimum, maximum]: readonly [number, number], step: number | 'any' = 1): NumberField => ({ field: name, label, usual, minimum, maximum, step })

/** Parameters of the network; `usual` is what the contracts take where nothing is said (a test compares them). */
export const trainingFields: readonly NumberField[] = [
  field('epochs', 'Epochs at most', 20, [1, 1_000]), field('patience', 'Epochs without progress', 5, [1, 100]), field('window_bars', 'Bars it looks back', 32, [2, 512]),
  field('horizon_bars', 'Bars it looks ahead', 1, [1, 48]), field('hidden', 'Hidden units', 32, [4, 512]), field('batch_bars', 'Bars in a batch', 16, [1, 512]),
  field('learning_rate', 'Learning rate', 0.001, [0, 1], 'any'), field('ranking_weight', 'Weight of the ranking loss', 1, [0, 100], 'any'),
  field('cost_bps', 'Cost of a trade, bps', 10, [0, 1_000], 'any'), field('seed', 'Seed', 42, [0, 2 ** 31 - 1]),
]

/** Parameters of the asset graph. */
export const graphFields: readonly NumberField[] = [
  field('windows', 'Windows', 1, [1, 48]), field('nearest', 'Relations of a kind kept for an asset', 8, [1, 50]), field('minimum_weight', 'Least weight', 0.1, [0, 1], 'any'),
  field('maximum_lag_bars', 'Longest lag, bars', 3, [1, 48]),
]

/** Parameters of a trading agent, and what its market costs. */
export const agentFields: readonly NumberField[] = [
  field('steps', 'Steps of training', 60_000, [100, 10_000_000]), field('walks', 'Walk-forward folds', 1, [1, 20]), field('initial_capital', 'Capital', 100_000, [1, 1e12], 'any'),
  field('position_share', 'Share of cash a buy spends', 0.95, [0.01, 1], 'any'), field('fee_bps', 'Fee, bps', 10, [0, 1_000], 'any'), field('slippage_bps', 'Slippage, bps', 5, [0, 1_000], 'any'),
  field('lot_size', 'Smallest quantity', 0.00001, [1e-8, 1e9], 'any'), field('window_bars', 'Bars it looks back', 4, [1, 512]), field('learning_rate', 'Learning rate', 0.0005, [1e-7, 1], 'any'),
  field('seed', 'Seed', 42, [0, 2 ** 31 - 1]),
]

export const usualKinds: readonly RelationKind[] = ['correlation', 'lead_lag', 'volume_volatility', 'sector']
export const emptyPipeline: PipelineValues = { type: '', training: {}, graph: {}, kinds: usualKinds, agent: {} }

export const pipelineNames: Record<PipelineName, string> = { features: 'Compute features', train_gnn: 'Train a forecasting network', trade_agent: 'Train a trading agent' }

/** What is missing before the server need be asked. */
export function pipelineProblem({ type, training, graph, kinds, agent }: PipelineValues, { symbols, types }: { symbols: readonly string[]; types: readonly string[] }): string | undefined {
  if (!type) return undefined
  if (!types.some((t) => t.includes('_candles_'))) return 'Features are made of candles: choose some among the kinds of data.'
  if (type !== 'features' && !types.some((t) => t.startsWith('api_candles_'))) return 'A model is trained on history: choose historical candles as well.'
  if (type === 'features') return undefined
  if (type === 'trade_agent') return fieldProblem(agentFields, agent)
  if (symbols.length < 2) return 'A graph of assets needs two symbols or more.'
  if (!kinds.length) return 'Choose at least one kind of relation.'
  return fieldProblem(trainingFields, training) ?? fieldProblem(graphFields, graph)
}

function fieldProblem(fields: readonly NumberField[], texts: Readonly<Record<string, string>>): string | undefined {
  const wrong = fields.find((f) => { const text = texts[f.field]; return text && !isWithin(f, text) })
  return wrong && `${wrong.label}: a number from ${wrong.minimum} to ${wrong.maximum}.`
}

function isWithin({ minimum, maximum, step }: NumberField, text: string): boolean {
  const value = Number(text)
  return Number.isFinite(value) && value >= minimum && value <= maximum && (step === 'any' || Number.isInteger(value))
}

/** Only what differs from the defaults is said. */
export function toPipeline({ type, training, graph, kinds, agent }: PipelineValues): PipelineInput | undefined {
  if (!type) return undefined
  if (type === 'features') return { type }
  if (type === 'trade_agent') {
    const ofAgent = told(agentFields, agent)
    return { type, ...(Object.keys(ofAgent).length && { agent: ofAgent }) }
  }
  const ofGraph = { ...told(graphFields, graph), ...(sameKinds(kinds) ? {} : { kinds: [...kinds] }) }
  const ofTraining = told(trainingFields, training)
  return { type, ...(Object.keys(ofGraph).length && { graph: ofGraph }), ...(Object.keys(ofTraining).length && { training: ofTraining }) }
}

/** What was said before, as a person would have typed it: defaults stay empty. */
export function fromPipeline(pipeline: PipelineInput | undefined): PipelineValues {
  if (!pipeline) return emptyPipeline
  const { type } = pipeline
  if (type === 'features') return { ...emptyPipeline, type }
  if (type === 'trade_agent') return { ...emptyPipeline, type, agent: texts(agentFields, pipeline.agent) }
  return { ...emptyPipeline, type, graph: texts(graphFields, pipeline.graph), kinds: pipeline.graph?.kinds ?? usualKinds, training: texts(trainingFields, pipeline.training) }
}

const texts = (fields: readonly NumberField[], given: Readonly<Record<string, unknown>> = {}) =>
  Object.fromEntries(fields.flatMap((f) => { const value = given[f.field]; return typeof value === 'number' && value !== f.usual ? [[f.field, String(value)]] : [] }))

const told = (fields: readonly NumberField[], texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(fields.flatMap((f) => (texts[f.field] ? [[f.field, Number(texts[f.field])]] : [])))

const sameKinds = (kinds: readonly RelationKind[]) => kinds.length === usualKinds.length && usualKinds.every((kind) => kinds.includes(kind))
