import { type Forecast, forecastKey, type ModelVersion, type StageSpec, type StoredQueue, StreamForgeError } from '@streamforge/contracts'
import type { ForecastAt, LearntBars, ModelRegistry } from '@streamforge/models'
import type { Store, StoredDocument } from '@streamforge/store'
import type { AgentStage } from './agent-stage.ts'

/** What a network has forecast for a symbol, and the bars that any of its versions had learnt from. */
export interface StoredForecasts {
  at: ForecastAt
  learnt: LearntBars
}

/**
 * Of the newest stage that has forecast the symbol at this interval.
 * @throws StreamForgeError STAGE_INPUT_MISSING when none has
 */
export async function readForecasts(store: Store, registry: ModelRegistry, { spec, openTimes }: AgentStage, symbol: string): Promise<StoredForecasts> {
  const collection = await forecastCollection(store, spec, symbol)
  const forecasts = new Map<number, Forecast>()
  if (collection !== undefined) {
    const key = (open_time: number) => forecastKey({ symbol, interval: spec.interval, open_time })
    for await (const batch of store.scan<Forecast & StoredDocument>(collection, { from: key(openTimes[0]!), to: key(openTimes.at(-1)! + 1) })) {
      for (const forecast of batch) if (forecast.kind === 'forecast') forecasts.set(forecast.open_time, forecast)
    }
  }
  if (forecasts.size === 0) {
    throw new StreamForgeError('STAGE_INPUT_MISSING', `no forecasts of ${symbol} at ${spec.interval} are stored for the range`, {
      remedy: 'run a workflow with the pipeline train_gnn first, or leave gnn out of agent.strategies', details: { symbol },
    })
  }
  return { at: (openTime) => forecasts.get(openTime)?.value, learnt: await learntBars(registry, forecasts.values()) }
}

async function forecastCollection(store: Store, { interval, venue }: StageSpec, symbol: string): Promise<string | undefined> {
  const stages = await store.find<StageSpec & StoredDocument>('stages', { where: { type: `forecast_${interval}` }, sort: [{ field: 'created_at', direction: 'desc' }], limit: 100 })
  for (const stage of stages.filter((one) => one.venue === venue && one.replay_of === undefined && one.pipeline.type === 'train_gnn' && one.symbols.includes(symbol))) {
    const queue = await store.get<StoredQueue>('queues', stage.queue_id)
    if (queue && await store.count(queue.collection_name).catch(() => 0) > 0) return queue.collection_name
  }
  return undefined
}

/** A version has learnt from whatever lies before its held-out bars. */
async function learntBars(registry: ModelRegistry, forecasts: Iterable<Forecast>): Promise<LearntBars> {
  const versions = new Map<string, ModelVersion | undefined>()
  for (const { model, model_version } of forecasts) {
    const name = `${model} ${model_version}`
    if (!versions.has(name)) versions.set(name, await registry.version(model, model_version))
  }
  // Of a version that is gone nobody knows what it has seen.
  return { from: 0, to: Math.max(...[...versions.values()].map((version) => (version ? version.held_out.from - 1 : Number.MAX_SAFE_INTEGER))) }
}
