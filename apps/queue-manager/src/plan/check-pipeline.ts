import {
  intervals, parseDataType, StreamForgeError, type ErrorCode, type Interval, type Pipeline, type WorkflowRequest,
} from '@streamforge/contracts'
import { planWalkForward, splitByShare } from '@streamforge/models'
import { pipelineOutlines } from './pipeline-types.ts'

/** Rows that a part of a training set must have for its figures to mean anything. */
const smallestPart = 10

/**
 * The interval of a pipeline's bars: the one asked for, or the shortest of the candles that are loaded.
 * @throws StreamForgeError INVALID_FIELD when the request has no such candles, or too few symbols, or the pipeline is not to be had
 */
export function checkPipeline({ pipeline, types, symbols }: WorkflowRequest & { pipeline: Pipeline }): Interval {
  if (!pipelineOutlines[pipeline.type].available) {
    throw refusal('INVALID_FIELD', 'pipeline.type', `no service of this release does ${pipeline.type}`, 'GET /workflow-types says which pipelines are available')
  }
  const candles = types.map(parseDataType).flatMap((t) => (t.content === 'candles' ? [t] : []))
  const interval = pipeline.feature_interval ?? shortest(candles.map((c) => c.interval))
  if (interval === undefined || !candles.some((c) => c.interval === interval)) {
    throw refusal('INVALID_FIELD', 'pipeline.feature_interval', `features need candles${interval === undefined ? '' : ` of ${interval}`}, and the types have none`,
      `add api_candles_${interval ?? '5m'} to types, or name an interval of theirs`)
  }
  if (interval === '1M') throw refusal('INVALID_FIELD', 'pipeline.feature_interval', 'months have no fixed length', 'name an interval up to 1w')
  const learns = pipeline.type !== 'features'
  if (learns && !candles.some((c) => c.interval === interval && c.source === 'api')) {
    throw refusal('INVALID_FIELD', 'types', 'a model is trained on history, and the types have only live candles', `add api_candles_${interval} to types`)
  }
  if (pipeline.type === 'train_gnn' && symbols.length < 2) {
    throw refusal('INVALID_FIELD', 'symbols', 'a graph of assets needs at least two symbols', 'ask for two symbols or more')
  }
  return interval
}

/** @throws StreamForgeError TOO_FEW_BARS when the bars of the range are too few to be cut into training, validation and test */
export function checkBars(pipeline: Pipeline, interval: Interval, bars: number): void {
  if (pipeline.type === 'features') return
  try {
    cutIntoParts(pipeline, bars)
  } catch (error) {
    if (!(error instanceof StreamForgeError && error.code === 'TOO_FEW_BARS')) throw error
    throw refusal('TOO_FEW_BARS', 'time_range', `${bars} bars of ${interval} are too few: ${error.message}`, error.remedy ?? 'load a longer time range')
  }
}

function cutIntoParts(pipeline: Exclude<Pipeline, { type: 'features' }>, bars: number): void {
  if (pipeline.type === 'trade_agent') {
    const { parts, walks, window_bars } = pipeline.agent
    planWalkForward({ bars, parts, walks, window: window_bars, smallest: smallestPart })
    return
  }
  const { window_bars, horizon_bars, embargo_bars, parts } = pipeline.training
  const whole = parts[0] + parts[1] + parts[2]
  splitByShare({ bars, window: window_bars, horizon: horizon_bars, embargo: embargo_bars, train: parts[0] / whole, validation: parts[1] / whole, smallest: smallestPart })
}

const shortest = (found: readonly Interval[]) => intervals.find((interval) => found.includes(interval))

function refusal(code: ErrorCode, field: string, message: string, expected: string): StreamForgeError {
  return new StreamForgeError(code, message, { remedy: expected, details: { errors: [{ field, message: expected }] } })
}
