import type { Bus } from '@streamforge/bus'
import {
  assetGraph, barGrid, Forecast, GraphVersion, Interval, isStageType, ModelVersion, nextOpenTime, parseStageType, StreamForgeError, TrainingRun,
  type Lineage, type LineageDataset, type LineageFeatures, type LineageUse, type StageName, type StoredQueue,
} from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import type { z } from 'zod'
import { describeDataset, describeFeatures } from './describe-queue.ts'

export interface LineageTools {
  store: Store
  bus: Pick<Bus, 'admin'>
}

interface FoundForecast {
  forecast: Forecast
  queue: StoredQueue
}

/**
 * Walks from a forecast back to the venue: model, training run, graph, features, documents, topics, source.
 * @throws StreamForgeError NOT_FOUND when no workflow has such a forecast
 */
export async function traceForecast(tools: LineageTools, id: string, query: { workflow_id?: string | undefined }): Promise<Lineage> {
  const found = await findForecast(tools.store, id, query.workflow_id)
  const missing: string[] = []
  const noted = <T>(what: string, value: T | undefined): T | undefined => {
    if (value === undefined) missing.push(what)
    return value
  }
  const { forecast, queue } = found
  const version = noted(`version ${forecast.model_version} of model ${forecast.model}`, await read(tools.store, 'model_versions', `${forecast.model}_v${forecast.model_version}`, ModelVersion))
  const run = noted(`training run ${forecast.run_id}`, await read(tools.store, 'training_runs', forecast.run_id, TrainingRun))
  const graphKey = version?.graph_version ?? run?.graph_version
  const graph = graphKey === undefined ? undefined : noted(`graph ${graphKey}`, await read(tools.store, assetGraph.versions, graphKey, GraphVersion))
  const sides: Side[] = [{ use: 'forecast', workflowId: queue.workflow_id, rows: windowOf(found, version) }]
  const trainedBy = run?.workflow_id ?? version?.workflow_id
  if (trainedBy !== undefined) sides.push({ use: 'training', workflowId: trainedBy, rows: (features) => trainingRows(features, run) })
  const { features, data } = await traceSides(tools, sides, missing)
  return {
    id, forecast: { ...forecast, queue_id: queue.queue_id, workflow_id: queue.workflow_id, collection_name: queue.collection_name },
    ...(version && { model: version }), ...(run && { run: withoutEpochs(run) }), ...(graph && { graph }), features, data, missing,
  }
}

const forecastId = /^([A-Z0-9]{2,24})_(\w{2,3})_forecast_(\d{12,13})$/

async function findForecast(store: Store, id: string, workflowId: string | undefined): Promise<FoundForecast> {
  const interval = Interval.safeParse(forecastId.exec(id)?.[2])
  const queues = interval.success ? await store.find<StoredQueue & StoredDocument>('queues', {
    where: { type: `forecast_${interval.data}`, ...(workflowId !== undefined && { workflow_id: workflowId }) }, sort: [{ field: 'position', direction: 'desc' }],
  }) : []
  // A replay's forecasts are those of another workflow: they are shown only to those who ask for them.
  for (const queue of queues.filter((q) => workflowId !== undefined || q.original === undefined)) {
    const forecast = await read(store, queue.collection_name, id, Forecast)
    if (forecast) return { forecast, queue }
  }
  throw new StreamForgeError('NOT_FOUND', `there is no forecast '${id.slice(0, 100)}'${workflowId === undefined ? '' : ` in workflow ${workflowId}`}`, {
    remedy: 'the key of a forecast is its symbol, interval and the open time of its newest bar, such as BTCUSDT_5m_forecast_1722470400000',
  })
}

/** One use of data: the workflow whose queues made it, and which rows of their features went in. */
interface Side {
  use: LineageUse
  workflowId: string
  rows: (features: StoredQueue) => { from: number; to?: number }
}

async function traceSides({ store, bus }: LineageTools, sides: readonly Side[], missing: string[]): Promise<{ features: LineageFeatures[]; data: LineageDataset[] }> {
  const features: LineageFeatures[] = []
  const datasets = new Map<string, { queue: StoredQueue; uses: LineageUse[] }>()
  for (const { use, workflowId, rows } of sides) {
    const queues = await store.find<StoredQueue & StoredDocument>('queues', { where: { workflow_id: workflowId }, sort: [{ field: 'position', direction: 'asc' }], limit: 10_000 })
    if (!queues.length) missing.push(`workflow ${workflowId}, of which the data for the ${use} came`)
    const stage = stageOf(queues, 'features')
    if (stage) {
      const symbols = [...new Set(queues.filter((queue) => !isStageType(queue.type)).map((queue) => queue.symbol))]
      const of = { collection_name: stage.collection_name, symbols, ...rows(stage) }
      for (const maker of [stage, ...use === 'forecast' ? queues.filter(makesLiveFeatures) : []]) features.push(await describeFeatures(bus, maker, use, of))
    }
    for (const queue of queues.filter((q) => !isStageType(q.type))) {
      const known = datasets.get(queue.queue_id)
      if (known) known.uses.push(use)
      else datasets.set(queue.queue_id, { queue, uses: [use] })
    }
  }
  const data: LineageDataset[] = []
  for (const { queue, uses } of datasets.values()) data.push(await describeDataset(bus, queue, uses))
  return { features, data }
}

const stageOf = (queues: readonly StoredQueue[], name: StageName) => queues.find((queue) => isStageType(queue.type) && parseStageType(queue.type).stage === name)

/** Live forecasts come with the features of new bars, in the same collection. */
const makesLiveFeatures = (queue: StoredQueue) => isStageType(queue.type) && parseStageType(queue.type).stage === 'forecast' && queue.live === true

/** The bars that a model looked at for a forecast: as many as its window, up to the newest. */
function windowOf({ forecast }: FoundForecast, version: ModelVersion | undefined): Side['rows'] {
  const { venue, open_time, interval } = forecast
  const grid = barGrid(venue, interval)
  let from = open_time
  for (let bars = version?.window_bars ?? 1; bars > 1; bars--) from = grid.before(from)
  return () => ({ from, to: nextOpenTime(open_time, interval) })
}

function trainingRows({ from, to }: StoredQueue, run: TrainingRun | undefined): { from: number; to?: number } {
  if (run?.parts) return { from: run.parts.train.from, to: run.parts.test.to }
  return { from, ...(to !== undefined && { to }) }
}

const withoutEpochs = ({ epochs: _epochs, ...run }: TrainingRun): NonNullable<Lineage['run']> => run

/** A document that fits its schema; keys that the store adds and the schema does not have are left out. */
async function read<S extends z.ZodObject>(store: Store, collection: string, key: string, schema: S): Promise<z.infer<S> | undefined> {
  const stored = await store.get(collection, key).catch((error: unknown) => {
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return undefined
    throw error
  })
  return stored && schema.strip().parse(stored) as z.infer<S>
}
