import { createHash } from 'node:crypto'
import { type BacktestReport, type ModelVersion, type Scores, type StageResult, type StageSpec, type StrategyName, type TrainingRun } from '@streamforge/contracts'
import { type BuiltReport, checkMarketBars, type MarketBars, type ModelRegistry, sliceMarketBars } from '@streamforge/models'
import type { ObjectStore } from '@streamforge/objects'
import type { WorkerContext, WorkerResult } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import { noteFailure } from '../note-failure.ts'
import { deleteCheckpoints, objectCheckpoints } from '../object-checkpoints.ts'
import { openRunRecord, type RunRecord, withEpoch } from '../run-record.ts'
import type { AgentLearner, LearntAgent } from './agent-learner.ts'
import { agentEpoch, newAgentRun } from './agent-run.ts'
import { agentStage, type AgentStage } from './agent-stage.ts'
import { backtestSymbol } from './backtest-symbol.ts'
import { checkFeatures } from './check-features.ts'
import { dqnLearner } from './dqn-learner.ts'
import { judgeAgent } from './judge-agent.ts'
import { readForecasts } from './read-forecasts.ts'
import { readMarketBars } from './read-market-bars.ts'
import { storeReports } from './store-reports.ts'

export interface TrainAgentsOptions {
  worker: WorkerContext<unknown>
  store: Store
  objects: ObjectStore
  registry: ModelRegistry
  codeVersion: string
  /** Default: the deep Q-network. */
  learner?: AgentLearner
}

interface Job extends TrainAgentsOptions {
  stage: AgentStage
  learner: AgentLearner
}

interface SymbolJob extends Job {
  symbol: string
  /** Its place among the symbols. */
  place: number
  run: RunRecord
  bars: MarketBars
}

/** What became of one symbol. */
interface Outcome {
  symbol: string
  agentHash: string
  reports: readonly BuiltReport[]
  version: ModelVersion | undefined
  promoted: boolean
}

/**
 * Trains an agent for each symbol of the stage, backtests it beside the other strategies, registers it, and decides whether it becomes champion. Killed
 * anywhere, the next attempt goes on from the last checkpoint and comes to the same agents and reports.
 */
export async function trainAgents(options: TrainAgentsOptions, spec: StageSpec): Promise<WorkerResult> {
  const job: Job = { ...options, stage: agentStage(spec), learner: options.learner ?? dqnLearner }
  const { worker, stage } = job
  // All are looked at before the first is trained: what is wrong shows in seconds.
  const symbols: SymbolJob[] = []
  for (const symbol of spec.symbols) symbols.push(await openSymbol(job, symbol, symbols.length))
  const outcomes: Outcome[] = []
  for (const own of symbols) outcomes.push(await failing(own, async () => backtestAgents(own, await learnFolds(own))))
  const steps = stepsOf(stage) * spec.symbols.length
  const result = resultOf(outcomes)
  worker.signal.throwIfAborted()
  return { records_written: steps, records_total: steps, message: result.summary, metrics: figuresOf(result), result }
}

async function openSymbol(job: Job, symbol: string, place: number): Promise<SymbolJob> {
  const { worker, store, registry, stage, learner, codeVersion } = job
  const first = newAgentRun(stage, symbol, { backend: learner.description, codeVersion }, worker.now())
  const run = await openRunRecord(worker, registry, first, stage.spec.replay_of !== undefined)
  return failing({ worker, run }, async () => {
    const bars = await readMarketBars(store, stage, symbol, worker.signal)
    checkMarketBars(bars, stage.rules)
    checkFeatures(bars, stage)
    return { ...job, symbol, place, run, bars }
  })
}

/** What fails is written down in the run. */
async function failing<T>({ worker, run }: Pick<SymbolJob, 'worker' | 'run'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    await noteFailure(worker, run, thrown)
    throw thrown
  }
}

async function learnFolds(job: SymbolJob): Promise<LearntAgent[]> {
  const { stage, learner, bars, objects, worker } = job
  const agents: LearntAgent[] = []
  await job.run.trySave({ message: 'training' })
  for (const [walk, fold] of stage.folds.entries()) {
    agents.push(await learner.learn({
      // Later bars are not even there.
      bars: sliceMarketBars(bars, 0, fold.validation.to), fold, agent: stage.agent, rules: stage.rules, signal: worker.signal,
      checkpoints: objectCheckpoints(objects, job.run.current().run_id, foldName(walk), (reason) => worker.log.warn({ symbol: job.symbol, walk, reason }, 'a checkpoint is not used')),
      onProgress: (progress) => tell(job, walk, progress),
    }))
  }
  return agents
}

const foldName = (walk: number) => `fold-${walk + 1}`

async function tell({ worker, run, stage, symbol, place }: SymbolJob, walk: number, progress: Parameters<Parameters<AgentLearner['learn']>[0]['onProgress']>[0]): Promise<void> {
  const { agent: { walks, steps }, spec } = stage
  await run.trySave({ epochs: withEpoch(run.current().epochs, agentEpoch(progress, { walk, walks }, worker.now())) })
  const done = place * stepsOf(stage) + walk * steps + progress.steps
  const left = progress.etaSeconds + (progress.seconds + progress.etaSeconds) * (walks * (spec.symbols.length - place) - walk - 1)
  worker.progress({
    records_written: done, records_total: stepsOf(stage) * spec.symbols.length, checkpoint: [{ shard: 0, position: done, records: done, done: false }],
    metrics: { ...progress.metrics, loss: progress.loss, eta_seconds: left },
    message: `agent of ${symbol}${walks > 1 ? `, fold ${walk + 1} of ${walks}` : ''}: step ${progress.steps} of ${progress.totalSteps}, loss ${progress.loss.toFixed(4)}, mean reward ${progress.metrics.mean_reward?.toFixed(4)}, at most ${Math.ceil(left)} s left`,
  })
}

const stepsOf = ({ agent: { steps, walks } }: AgentStage) => steps * walks

async function backtestAgents(job: SymbolJob, agents: readonly LearntAgent[]): Promise<Outcome> {
  const { stage, store, registry, bars, symbol, run } = job
  const { spec, agent } = stage
  const forecasts = agent.strategies.includes('gnn') ? await readForecasts(store, registry, stage, symbol) : undefined
  const { run_id, started_at } = run.current()
  const reports = backtestSymbol({
    stage, bars, agents: agents.map(({ plan }) => plan), forecasts,
    context: { run_id, queue_id: spec.queue_id, workflow_id: spec.workflow_id, venue: spec.venue, symbol, interval: spec.interval, created_at: started_at },
  })
  const outcome = { symbol, agentHash: agents.at(-1)!.hash, reports }
  return spec.replay_of === undefined ? conclude(job, agents, outcome) : { ...outcome, version: undefined, promoted: false }
}

/** Registers and stores; done again after a kill, it changes nothing. */
async function conclude(job: SymbolJob, agents: readonly LearntAgent[], outcome: Pick<Outcome, 'symbol' | 'agentHash' | 'reports'>): Promise<Outcome> {
  const { registry, store, objects, worker, run, stage } = job
  const scores = scoresOf(outcome.reports)
  const version = await registry.versionOfRun(run.current().run_id) ?? await register(job, agents.at(-1)!, scores, outcome.reports)
  const stored = await storeReports(store, objects, outcome.reports.map((built) => ({ ...built, report: { ...built.report, model_version: version.version } })))
  const { promoted, reason, champion_before } = version.promotion
  // Somebody may have promoted another one meanwhile: then theirs stays.
  const took = promoted && await registry.setAlias({ model: version.model, alias: 'champion', version: version.version, reason, expected: { version: champion_before } })
  if (!took) await registry.setAlias({ model: version.model, alias: 'challenger', version: version.version, reason })
  await run.save({ status: 'finished', scores, model_version: version.version, finished_at: worker.now(), message: finishedMessage(stored, reason) })
  await deleteCheckpoints(objects, run.current().run_id, stage.folds.map((_, walk) => foldName(walk)))
  return { ...outcome, version, promoted: took }
}

async function register(job: SymbolJob, agent: LearntAgent, scores: Record<string, Scores>, reports: readonly BuiltReport[]): Promise<ModelVersion> {
  const { registry, worker, stage, symbol, run } = job
  const judged = await judgeAgent({ ...job, log: worker.log, model: run.current().model, challenger: agent.plan })
  const doubt = doubtOf(reports)
  const [promoted, reason] = doubt === undefined ? [judged.promoted, judged.reason] : [false, doubt]
  const { dqn = {}, ...baselines } = scores
  const { _key, status: _status, message: _message, ...facts } = { ...run.current(), scores } satisfies TrainingRun
  return registry.registerVersion({
    model: run.current().model, run_id: run.current().run_id, queue_id: stage.spec.queue_id, workflow_id: stage.spec.workflow_id, hash: agent.hash as ModelVersion['hash'],
    feature_set: stage.pipeline.feature_set, symbols: [symbol], interval: stage.spec.interval, horizon_bars: 1, window_bars: stage.agent.window_bars, scores: dqn, baselines,
    held_out: run.current().parts!.test, promotion: { promoted, reason, ...(judged.championBefore !== undefined && { champion_before: judged.championBefore }) }, created_at: worker.now(),
  }, [...agent.files, { name: 'training.json', content: Buffer.from(`${JSON.stringify({ ...facts, best_steps: agent.bestSteps }, null, 2)}\n`) }])
}

/** Why the agent must not trade live whatever it earned: its backtest is not valid. */
function doubtOf(reports: readonly BuiltReport[]): string | undefined {
  const failed = reports.find(({ report }) => report.strategy === 'dqn')?.report.verdict.checks.find(({ passed }) => !passed)
  return failed && `its backtest is not valid: ${failed.name}: ${failed.message}`
}

/** By strategy, those of the figures that have intervals. */
function scoresOf(built: readonly BuiltReport[]): Record<StrategyName, Scores> {
  return Object.fromEntries(built.map(({ report: { strategy, metrics, excess_return } }) => {
    const figures = Object.entries({ ...metrics, excess_return }).filter((entry): entry is [string, Scores[string]] => typeof entry[1] === 'object')
    return [strategy, Object.fromEntries(figures)]
  })) as Record<StrategyName, Scores>
}

function finishedMessage(reports: readonly BacktestReport[], reason: string): string {
  const invalid = reports.filter(({ verdict }) => !verdict.valid).map(({ strategy }) => strategy)
  return invalid.length === 0 ? reason : `${reason}; not valid: ${invalid.join(', ')}`
}

/** The hash is over the agents and every bar of every backtest. */
function resultOf(outcomes: readonly Outcome[]): StageResult {
  const hash = createHash('sha256')
  for (const { symbol, agentHash, reports } of outcomes) {
    hash.update(`${symbol} ${agentHash}\n`)
    for (const { report, csv } of reports) hash.update(`${symbol} ${report.strategy} ${createHash('sha256').update(csv.text).digest('hex')}\n`)
  }
  const judged = outcomes.map((outcome) => outcome.reports.find(({ report }) => report.strategy === 'dqn') ?? outcome.reports[0]!)
  return {
    hash: `sha256:${hash.digest('hex')}`,
    summary: judged.map(({ report: { symbol, strategy, metrics, benchmark, verdict } }) =>
      `${symbol}: ${strategy} ${percent(metrics.total_return.value)}, buy-and-hold ${percent(benchmark.total_return.value)}, ${verdict.valid ? 'valid' : 'not valid'}`).join('; '),
    facts: {
      agents: outcomes.length, backtests: outcomes.reduce((sum, { reports }) => sum + reports.length, 0),
      valid: outcomes.every(({ reports }) => reports.every(({ report }) => report.verdict.valid)), promoted: outcomes.filter(({ promoted }) => promoted).length,
      ...(outcomes.length === 1 && outcomes[0]!.version && { model: outcomes[0]!.version.model, model_version: outcomes[0]!.version.version, run_id: outcomes[0]!.version.run_id }),
    },
  }
}

const figuresOf = ({ facts = {} }: StageResult) => Object.fromEntries(Object.entries(facts).filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
const percent = (share: number) => `${(100 * share).toFixed(2)} %`
