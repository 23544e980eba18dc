import { barGrid, floorToInterval, keptRetrainingRuns, type RetrainingRun, StreamForgeError, toStreamForgeError, type StoredRetraining, type Workflow } from '@streamforge/contracts'
import type { ModelRegistry } from '@streamforge/models'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import type { InstrumentList } from '../plan/instrument-list.ts'
import { decideRetraining, type RetrainingFacts } from './decide-retraining.ts'
import { retrainingName, retrainingRequest } from './retraining-request.ts'
import { retrainingRecords } from './retraining-records.ts'
import { storedBars } from './stored-bars.ts'

export interface RetrainingParts {
  store: Store
  orchestrator: Pick<Orchestrator, 'create' | 'workflow' | 'records'>
  models: Pick<ModelRegistry, 'alias' | 'version' | 'versions'>
  instruments: Pick<InstrumentList, 'clockLead'>
  log: Logger
  /** Milliseconds since the epoch. */
  now: () => number
}

/** Newest workflows among which one that was created before a crash is looked for. */
const lookedThrough = 200
/** A venue may need a moment to have over REST what has just closed. */
const settleMs = 5_000

/** Looks at every policy once: decides, starts the workflow of a training, or takes in how it ended. Doing it again after a crash at any place starts nothing twice. */
export async function lookAtRetraining(parts: RetrainingParts): Promise<void> {
  for (const retraining of await retrainingRecords(parts.store).all()) {
    try {
      await lookAt(retraining, parts)
    } catch (err) {
      parts.log.warn({ err, model: retraining.model }, 'a retraining could not be looked at; trying again')
    }
  }
}

async function lookAt(retraining: StoredRetraining, parts: RetrainingParts): Promise<void> {
  const { current } = retraining
  if (!current) return decide(retraining, parts)
  if (current.workflow_id === undefined) return begin(retraining, current, parts)
  return follow(retraining, { ...current, workflow_id: current.workflow_id }, parts)
}

/** The decision is saved first, the workflow made next: whoever dies in between finds it decided. */
async function decide(retraining: StoredRetraining, parts: RetrainingParts): Promise<void> {
  const { now, log } = parts
  const decision = decideRetraining(retraining, await factsOf(retraining, parts), now())
  if ('waitsFor' in decision) {
    if (decision.waitsFor !== retraining.waits_for) await save(retraining, { waits_for: decision.waitsFor }, parts)
    return
  }
  const number = (retraining.runs[0]?.number ?? 0) + 1
  const current: RetrainingRun = { number, ...decision.start, decided_at: now() }
  const saved = await save(retraining, { current, waits_for: `the end of training ${number}` }, parts)
  if (!saved) return
  log.info({ model: retraining.model, ...current }, 'retraining decided')
  await begin(saved, current, parts)
}

async function begin(retraining: StoredRetraining, current: RetrainingRun, parts: RetrainingParts): Promise<void> {
  const { orchestrator } = parts
  const { model, policy } = retraining
  try {
    const before = (await orchestrator.records.list({ limit: lookedThrough })).find(({ name }) => name === retrainingName(model, current.number))
    const { workflow_id } = before ?? await orchestrator.create(retrainingRequest(model, policy, current))
    await save(retraining, { current: { ...current, workflow_id } }, parts)
  } catch (thrown) {
    const error = toStreamForgeError(thrown)
    if (error.retryable) throw error
    await end(retraining, current, { outcome: 'failed', message: `${error.code}: ${error.message}` }, parts)
  }
}

async function follow(retraining: StoredRetraining, current: RetrainingRun & { workflow_id: string }, parts: RetrainingParts): Promise<void> {
  const workflow = await parts.orchestrator.workflow(current.workflow_id).catch((error: unknown) => {
    if (error instanceof StreamForgeError && error.code === 'NOT_FOUND') return undefined
    throw error
  })
  if (!workflow) return end(retraining, current, { outcome: 'stopped', message: 'the workflow was deleted' }, parts)
  const outcome = await outcomeOf(workflow, retraining.model, parts.models)
  if (outcome) await end(retraining, current, outcome, parts)
}

type Outcome = Pick<RetrainingRun, 'outcome' | 'model_version' | 'message'>

/** Undefined while it goes on. */
async function outcomeOf({ workflow_id, status, reason }: Workflow, model: string, models: RetrainingParts['models']): Promise<Outcome | undefined> {
  if (status === 'failed' || status === 'stopped') return { outcome: status, ...(reason !== undefined && { message: reason }) }
  if (status !== 'finished') return undefined
  const version = (await models.versions({ model, limit: 100 })).find((found) => found.workflow_id === workflow_id)
  if (!version) return { outcome: 'failed', message: 'the workflow has finished without a version of the model' }
  return { outcome: version.promotion.promoted ? 'promoted' : 'kept', model_version: version.version, message: version.promotion.reason }
}

async function end(retraining: StoredRetraining, current: RetrainingRun, outcome: Outcome, parts: RetrainingParts): Promise<void> {
  const finished = outcome.outcome === 'promoted' || outcome.outcome === 'kept'
  const ended: RetrainingRun = { ...current, ...outcome, ended_at: parts.now() }
  const saved = await save(retraining, {
    current: undefined, runs: [ended, ...retraining.runs].slice(0, keptRetrainingRuns), waits_for: 'being looked at',
    ...(finished && { trained_to: current.to }), failures: finished ? 0 : retraining.failures + (outcome.outcome === 'failed' ? 1 : 0),
  }, parts)
  if (saved) parts.log.info({ model: retraining.model, ...ended }, 'retraining ended')
}

/** A lost race means that the policy was changed meanwhile: the next look sees it. */
async function save(retraining: StoredRetraining, change: Partial<StoredRetraining>, { store, now }: RetrainingParts): Promise<StoredRetraining | undefined> {
  const next: StoredRetraining = { ...retraining, ...change, version: retraining.version + 1, updated_at: now() }
  return await retrainingRecords(store).save(next) ? next : undefined
}

async function factsOf(retraining: StoredRetraining, { store, models, instruments, now }: RetrainingParts): Promise<RetrainingFacts> {
  const { policy, model } = retraining
  const trainedTo = retraining.trained_to ?? await championTo(models, model)
  if (policy.new_bars_from === 'stored') return { trainedTo, ...await storedBars(store, policy, trainedTo) }
  // What has closed is the venue's to say: a simulated one may live in another year.
  const lead = await instruments.clockLead(policy.venue)
  if (lead === undefined) return { trainedTo, dataTo: undefined, newBars: 0 }
  const dataTo = floorToInterval(now() + lead - settleMs, policy.interval)
  return { trainedTo, dataTo, newBars: trainedTo === undefined ? 0 : barGrid(policy.venue, policy.interval).count({ from: trainedTo, to: dataTo }) }
}

/** A model that was trained by hand counts too: its held-out bars are the newest that it has been measured on. */
async function championTo(models: RetrainingParts['models'], model: string): Promise<number | undefined> {
  const alias = await models.alias(model, 'champion')
  return alias && (await models.version(model, alias.model_version))?.held_out.to
}
