import type { ValidityCheck, ValidityVerdict } from '@streamforge/contracts'
import type { BarRange } from '../time-split.ts'
import { emptyMarketBars, isPresent, sliceMarketBars } from './market-bars.ts'
import { seededRandom } from '../seeded-random.ts'
import { replaySignals, type RecordedSignals } from './replay-signals.ts'
import type { BacktestRun, BacktestSegment, StrategyPlan } from './run-backtest.ts'
import type { MarketBars } from './strategy.ts'

/** Open times of the first bar that something was learnt or tuned on, and of the last. */
export interface LearntBars {
  from: number
  to: number
}

export interface GatedSegment extends BacktestSegment {
  /** Undefined: nothing was learnt from bars, as in a rule. */
  learnt: LearntBars | undefined
}

export interface GateInput {
  bars: MarketBars
  segments: readonly GatedSegment[]
  /** The run that is judged: the probes are shown the account as it was then, so that one other signal does not make all later ones others. */
  run: BacktestRun
  /**
   * Makes the features of candles alone, as they would have been made had the market been so; undefined: the strategies have no features, or those that
   * are there are taken as they are.
   */
  computeFeatures?: (bars: MarketBars) => Float32Array
  /** Bars of history that a start later than the series' leaves; features and indicators must have settled in them. Default 500. */
  settlingBars?: number
  /** Places at which the future is changed. Default 4. */
  probes?: number
  seed: number
}

/** Bars of a segment whose signals are compared, at most. */
const comparedBars = 400

/** All checks; the word valid is for runs that pass every one. Warnings are the caller's. */
export function judgeBacktest(input: GateInput, warnings: string[] = []): ValidityVerdict {
  const base = input.computeFeatures ? { ...input, bars: withFeatures(input.bars, input.computeFeatures) } : input
  const checks = [checkStoredFeatures(input.bars, base.bars) ?? checkFutureShift(base), checkStartIndependence(base), checkUnseenBars(base)]
  return { valid: checks.every(({ passed }) => passed), checks, warnings }
}

/** Features that the run was shown and that are not those of the candles up to their bar come from elsewhere. What candles alone do not tell is passed over. */
function checkStoredFeatures(stored: MarketBars, computed: MarketBars): ValidityCheck | undefined {
  const width = stored.featureNames.length
  const at = stored.features.findIndex((value, i) => Math.abs(value - computed.features[i]!) > 1e-6 * Math.max(1, Math.abs(value)))
  if (at < 0) return undefined
  return failed('future_shift', `the stored ${stored.featureNames[at % width]} of ${told(stored, Math.floor(at / width))} is ${stored.features[at]}; of the candles up to then it is ${computed.features[at]}`)
}

/** Other bars after a moment: no signal up to it may become another. */
function checkFutureShift(input: GateInput): ValidityCheck {
  const { bars, segments, run, probes = 4 } = input
  const random = seededRandom(input.seed)
  let compared = 0
  for (const segment of segments) {
    for (let probe = 0; probe < probes; probe++) {
      const last = segment.from + Math.floor(((segment.to - segment.from - 1) * (probe + 1)) / (probes + 1))
      const range = { from: Math.max(segment.from, last + 1 - comparedBars), to: last + 1 }
      const changed = changedAfter(bars, last, random)
      const other = input.computeFeatures ? withFeatures(changed, input.computeFeatures) : changed
      const before = replaySignals({ bars, plan: segment.plan, segmentFrom: segment.from, range, run })
      const after = replaySignals({ bars: other, plan: segment.plan, segmentFrom: segment.from, range, run })
      const at = firstDifference(before, after)
      if (at !== undefined) {
        return failed('future_shift', `with other bars after ${told(bars, last)} the signal of ${told(bars, range.from + at)} is ${after.actions[at]} instead of ${before.actions[at]}`)
      }
      compared += range.to - range.from
    }
  }
  return { name: 'future_shift', passed: true, message: `${compared} signals stayed the same with other bars after them` }
}

/**
 * A later start, of the series and of the strategy: once all has settled, the signals are the same. What an indicator or a feature still remembers of its
 * beginning shows here.
 */
function checkStartIndependence({ bars, segments, run, computeFeatures, settlingBars = 500 }: GateInput): ValidityCheck {
  let compared = 0
  for (const { plan, from, to } of segments) {
    const begin = from + Math.min(100, Math.floor((to - from) / 4))
    const settling = Math.max(settlingBars, plan.warmupBars)
    // Without anything cut off nothing would be compared.
    const cut = begin > settling ? begin - settling : Math.min(Math.floor(begin / 2), Math.max(0, begin - plan.warmupBars))
    if (cut === 0) continue
    const range = { from: begin, to: Math.min(to, begin + comparedBars) }
    const whole = replaySignals({ bars, plan, segmentFrom: from, range, run })
    const later = replaySignals(startedLater({ bars, plan, range, run }, cut, computeFeatures))
    const at = firstDifference(whole, later)
    if (at !== undefined) {
      return failed('start_independence', `with a series that begins at ${told(bars, cut)}, ${begin - cut} bars earlier, the signal of ${told(bars, begin + at)} is ${later.actions[at]} instead of ${whole.actions[at]}`)
    }
    compared += range.to - range.from
  }
  if (compared === 0) return failed('start_independence', 'too few bars lie before the test bars: whether signals depend on where the series begins cannot be told')
  return { name: 'start_independence', passed: true, message: `${compared} signals are the same when the series begins later` }
}

interface Replay {
  bars: MarketBars
  plan: StrategyPlan
  range: BarRange
  run: BacktestRun
}

function startedLater({ bars, plan, range, run }: Replay, cut: number, computeFeatures: GateInput['computeFeatures']) {
  const sliced = sliceMarketBars(bars, cut, range.to)
  const later = computeFeatures ? withFeatures(sliced, computeFeatures) : sliced
  return { bars: later, plan, segmentFrom: range.from - cut, range: { from: range.from - cut, to: range.to - cut }, run: { ...run, from: run.from - cut } }
}

/** What was learnt from must end before the first bar that is traded. */
function checkUnseenBars({ bars, segments }: GateInput): ValidityCheck {
  for (const { plan, from, to, learnt } of segments) {
    const [first, last] = [bars.openTimes[from]!, bars.openTimes[to - 1]!]
    if (learnt && learnt.from <= last && learnt.to >= first) {
      return failed('unseen_test_bars', `${plan.name} has learnt from bars up to ${new Date(learnt.to).toISOString()}, and is tested from ${new Date(first).toISOString()} on`)
    }
  }
  const learning = segments.filter(({ learnt }) => learnt)
  return { name: 'unseen_test_bars', passed: true, message: learning.length === 0 ? 'nothing is learnt from bars' : 'no bar that was learnt from or tuned on is among the test bars' }
}

/** Copies with prices after `last` as another market would have had them: moved, stretched, and with other volumes. */
function changedAfter(bars: MarketBars, last: number, random: () => number): MarketBars {
  const copy = { ...emptyMarketBars(bars.symbol, bars.openTimes, bars.featureNames), features: bars.features.slice() }
  let factor = 1
  for (let i = 0; i < bars.openTimes.length; i++) {
    const changes = i > last && isPresent(bars, i)
    if (changes) factor *= Math.exp((random() - 0.5) * 0.2)
    for (const column of ['open', 'high', 'low', 'close'] as const) copy[column][i] = bars[column][i]! * (changes ? factor : 1)
    copy.volume[i] = bars.volume[i]! * (changes ? 0.1 + 2 * random() : 1)
  }
  const width = bars.featureNames.length
  for (let i = (last + 1) * width; i < copy.features.length; i++) copy.features[i] = copy.features[i]! + random() - 0.5
  return copy
}

const withFeatures = (bars: MarketBars, computeFeatures: (bars: MarketBars) => Float32Array): MarketBars => ({ ...bars, features: computeFeatures(bars) })

function firstDifference(a: RecordedSignals, b: RecordedSignals): number | undefined {
  const at = a.actions.findIndex((action, i) => action !== b.actions[i] || a.sizes[i] !== b.sizes[i])
  return at < 0 ? undefined : at
}

const failed = (name: ValidityCheck['name'], message: string): ValidityCheck => ({ name, passed: false, message })
const told = ({ openTimes }: MarketBars, index: number) => new Date(openTimes[index]!).toISOString()
