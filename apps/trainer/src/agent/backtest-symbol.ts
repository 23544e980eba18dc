import { barGrid, intervalLengths, nextOpenTime, type StageSpec, type StrategyName } from '@streamforge/contracts'
import {
  buildReport, buyAndHold, type BacktestRun, type BuiltReport, forecastSignals, type GatedSegment, judgeBacktest, type LearntBars, type MarketBars, movingAverage, type ReportContext, rsi,
  runBacktest, type StrategyPlan,
} from '@streamforge/models'
import { candleFeatures } from './candle-features.ts'
import type { AgentStage } from './agent-stage.ts'
import type { StoredForecasts } from './read-forecasts.ts'

export interface SymbolBacktests {
  stage: AgentStage
  bars: MarketBars
  /** The agent of each fold. */
  agents: readonly StrategyPlan[]
  forecasts: StoredForecasts | undefined
  context: Omit<ReportContext, 'folds'>
}

/** Every strategy that was asked for, over the test bars of all folds. */
export function backtestSymbol(input: SymbolBacktests): BuiltReport[] {
  const { stage: { agent, rules }, bars } = input
  const benchmark = runBacktest({ bars, rules, segments: segmentsOf(input, 'buy_and_hold') })
  return agent.strategies.map((strategy) => reportOf(input, strategy, benchmark))
}

function reportOf(input: SymbolBacktests, strategy: StrategyName, benchmark: BacktestRun): BuiltReport {
  const { stage, bars, context } = input
  const segments = segmentsOf(input, strategy)
  const run = runBacktest({ bars, rules: stage.rules, segments })
  const verdict = judgeBacktest({ bars, segments, run, seed: stage.agent.seed, ...(strategy === 'dqn' && { computeFeatures: candleFeatures(stage.spec) }) })
  return buildReport({
    context: { ...context, folds: foldTimes(stage) }, strategy, bars, rules: stage.rules, run, benchmark, verdict,
    endTime: nextOpenTime(bars.openTimes[run.to - 1]!, stage.spec.interval),
    bootstrap: { blockBars: blockLength(stage.spec, run.to - run.from), resamples: 1000, seed: stage.agent.seed },
  })
}

function segmentsOf({ stage, bars, agents, forecasts }: SymbolBacktests, strategy: StrategyName): GatedSegment[] {
  const { folds, rules } = stage
  return folds.map(({ train, validation, test }, walk): GatedSegment => {
    const learnt = (): LearntBars => ({ from: bars.openTimes[train.from]!, to: bars.openTimes[validation.to - 1]! })
    switch (strategy) {
      case 'dqn': return { ...test, plan: agents[walk]!, learnt: learnt() }
      case 'gnn': return { ...test, plan: forecastSignals(forecasts!.at, (rules.feeBps + rules.slippageBps) / 10_000), learnt: forecasts!.learnt }
      case 'buy_and_hold': return { ...test, plan: buyAndHold, learnt: undefined }
      case 'moving_average': return { ...test, plan: movingAverage(), learnt: undefined }
      case 'rsi': return { ...test, plan: rsi(), learnt: undefined }
      default: return strategy satisfies never
    }
  })
}

const dayMs = 86_400_000

/** A day of trading, so that what belongs to hours of the day stays together; a month of longer bars; fewer where there would be fewer than ten blocks. */
export function blockLength({ venue, interval }: Pick<StageSpec, 'venue' | 'interval'>, testBars: number): number {
  const isIntraday = (intervalLengths[interval] ?? dayMs) < dayMs
  const bars = isIntraday ? barGrid(venue, interval).barsADay : 21
  return Math.max(1, Math.min(bars, Math.floor(testBars / 10)))
}

export function foldTimes({ folds, openTimes, spec: { interval } }: AgentStage): ReportContext['folds'] {
  const times = ({ from, to }: { from: number; to: number }) => ({ from: openTimes[from]!, to: nextOpenTime(openTimes[to - 1]!, interval) })
  return folds.map(({ train, validation, test }) => ({ train: times(train), validation: times(validation), test: times(test) }))
}
