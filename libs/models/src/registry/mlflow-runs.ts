import type { TrainingRun } from '@streamforge/contracts'
import type { MlflowClient } from './mlflow-client.ts'

interface Metric {
  key: string
  value: number
  timestamp: number
  step: number
}

/** MLflow's own limit of one request. */
const largestBatch = { metrics: 1000, params: 100 }
const runTag = 'streamforge.run_id'
const statuses = { running: 'RUNNING', finished: 'FINISHED', failed: 'FAILED', stopped: 'KILLED' } as const

/**
 * Brings a run in MLflow to where it stands: what `before` had is there already. Resolves with MLflow's id of the run. Experiments are named after the
 * models.
 */
export async function logRun(client: MlflowClient, run: TrainingRun, before: TrainingRun | undefined): Promise<string> {
  const known = before?.mlflow_run_id
  const runId = known ?? await findRun(client, run) ?? await createRun(client, run)
  const logged = known === undefined ? undefined : before
  if (!logged) await logParameters(client, runId, run)
  const metrics = [...epochMetrics(run, logged?.epochs.length ?? 0), ...(run.scores && !logged?.scores ? scoreMetrics(run) : [])]
  for (let from = 0; from < metrics.length; from += largestBatch.metrics) {
    await client.post('runs/log-batch', { run_id: runId, metrics: metrics.slice(from, from + largestBatch.metrics) })
  }
  if (run.status !== logged?.status) {
    await client.post('runs/update', { run_id: runId, status: statuses[run.status], ...(run.finished_at && { end_time: run.finished_at }) })
  }
  return runId
}

async function findRun(client: MlflowClient, run: TrainingRun): Promise<string | undefined> {
  const { runs = [] } = await client.post<{ runs?: { info: { run_id: string } }[] }>('runs/search', {
    experiment_ids: [await experimentOf(client, run.model)], filter: `tags.\`${runTag}\` = '${run.run_id}'`, max_results: 1,
  })
  return runs[0]?.info.run_id
}

async function createRun(client: MlflowClient, run: TrainingRun): Promise<string> {
  const tags = {
    [runTag]: run.run_id, 'streamforge.queue_id': run.queue_id, 'streamforge.workflow_id': run.workflow_id, 'streamforge.code_version': run.code_version,
    ...(run.graph_version !== undefined && { 'streamforge.graph_version': run.graph_version }),
  }
  const created = await client.post<{ run: { info: { run_id: string } } }>('runs/create', {
    experiment_id: await experimentOf(client, run.model), run_name: run.run_id, start_time: run.started_at,
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  })
  return created.run.info.run_id
}

async function experimentOf(client: MlflowClient, name: string): Promise<string> {
  const found = await client.find<{ experiment: { experiment_id: string } }>('experiments/get-by-name', { experiment_name: name })
  if (found) return found.experiment.experiment_id
  // Another trainer may make it at the same moment; then it is there.
  return client.post<{ experiment_id: string }>('experiments/create', { name }).then(({ experiment_id }) => experiment_id, async (error: unknown) => {
    const made = await client.find<{ experiment: { experiment_id: string } }>('experiments/get-by-name', { experiment_name: name })
    if (!made) throw error
    return made.experiment.experiment_id
  })
}

async function logParameters(client: MlflowClient, runId: string, run: TrainingRun): Promise<void> {
  const facts = {
    ...run.parameters, seed: run.seed, backend: run.backend, feature_set: run.feature_set, interval: run.interval, symbols: run.symbols.join(' ').slice(0, 5000),
    data_checksums: run.data.map(({ checksum }) => checksum).join(' ').slice(0, 5000),
  }
  const params = Object.entries(facts).map(([key, value]) => ({ key, value: String(value) }))
  for (let from = 0; from < params.length; from += largestBatch.params) {
    await client.post('runs/log-batch', { run_id: runId, params: params.slice(from, from + largestBatch.params) })
  }
}

function epochMetrics({ epochs }: TrainingRun, from: number): Metric[] {
  return epochs.slice(from).flatMap(({ epoch, loss, metrics, at }) =>
    Object.entries({ ...metrics, loss }).map(([key, value]) => ({ key, value, timestamp: at, step: epoch })))
}

/** `gnn.rank_ic`, `gnn.rank_ic.low`, ... on the held-out bars. */
function scoreMetrics({ scores = {}, epochs, finished_at, started_at }: TrainingRun): Metric[] {
  const at = { timestamp: finished_at ?? started_at, step: epochs.length }
  return Object.entries(scores).flatMap(([forecaster, measures]) => Object.entries(measures).flatMap(([name, { value, low, high }]) => {
    const key = `${forecaster}.${name}`
    return [{ key, value, ...at }, { key: `${key}.low`, value: low, ...at }, { key: `${key}.high`, value: high, ...at }]
  }))
}
