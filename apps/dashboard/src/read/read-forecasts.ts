import {
  MAX_EPOCH_MS, type Forecast, type ForecastsAnswer, type ForecastScore, type ForecastSeries, type ForecastsQuery, type Interval, type LiveAccuracy,
  type StageSpec, type StoredQueue,
} from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import type { z } from 'zod'
import { orIfMissing } from './datasets.ts'

export interface SeriesName { venue: string; symbol: string; interval: Interval }

/** Stages that are looked through, the newest first. */
const shownStages = 200
/** Of these the newest few may forecast one series. */
const mergedStages = 10
/** Outcomes that the accuracy is taken over. */
const scoredForecasts = 5_000
/** The first key of an instant with 13 digits: keys sort as text. */
const firstInstant = 1_000_000_000_000

/** Stages that forecast, the newest first. A replay's are for comparison only. */
async function forecastStages(store: Store, interval?: Interval): Promise<StageSpec[]> {
  const stages = await orIfMissing(store.find<StageSpec & StoredDocument>('stages', {
    ...(interval !== undefined && { where: { type: `forecast_${interval}` } }), sort: [{ field: 'created_at', direction: 'desc' }], limit: shownStages,
  }), [])
  // Of an agent's pipeline such a stage makes signals.
  return stages.filter((stage) => stage.type.startsWith('forecast_') && stage.pipeline.type !== 'trade_agent' && stage.replay_of === undefined)
}

/** What is forecast: each symbol and interval once, sorted. */
export async function readForecastSeries(store: Store): Promise<ForecastSeries[]> {
  const stages = await forecastStages(store)
  const running = new Set((await queuesOf(store, stages)).filter(({ status }) => status === 'running').map(({ queue_id }) => queue_id))
  const series = new Map<string, ForecastSeries>()
  for (const { venue, symbols, interval, queue_id, live } of stages) {
    for (const symbol of symbols) {
      const name = `${venue} ${symbol} ${interval}`
      series.set(name, { venue, symbol, interval, live: (series.get(name)?.live ?? false) || (live && running.has(queue_id)) })
    }
  }
  return [...series.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

async function queuesOf(store: Store, stages: readonly StageSpec[]): Promise<StoredQueue[]> {
  if (!stages.length) return []
  return orIfMissing(store.find<StoredQueue>('queues', { where: { _key: { in: stages.map(({ queue_id }) => queue_id) } } }), [])
}

/** Collections that hold forecasts of a series, those of the newest stage first. */
export async function forecastCollections(store: Store, { venue, symbol, interval }: SeriesName): Promise<string[]> {
  const stages = (await forecastStages(store, interval)).filter((s) => s.venue === venue && s.symbols.includes(symbol)).slice(0, mergedStages)
  const queues = new Map((await queuesOf(store, stages)).map((queue) => [queue.queue_id, queue.collection_name]))
  return [...new Set(stages.flatMap(({ queue_id }) => queues.get(queue_id) ?? []))]
}

interface Range { from?: number | undefined; to?: number | undefined; limit: number }

function newest<T>(store: Store, collection: string, { symbol, interval }: SeriesName, kind: 'forecast' | 'score', { from = firstInstant, to = MAX_EPOCH_MS, limit }: Range): Promise<T[]> {
  const key = (time: number) => `${symbol}_${interval}_${kind}_${Math.max(time, firstInstant)}`
  return orIfMissing(store.find<T & StoredDocument>(collection, { where: { _key: { gte: key(from), lt: key(to) } }, sort: [{ field: '_key', direction: 'desc' }], limit }), [])
    .then((documents) => documents.map(({ _key, ...document }) => document as T))
}

/** The newest `limit` forecasts of the range with their outcomes, oldest first, and how the versions did. */
export async function readForecasts(store: Store, query: z.infer<typeof ForecastsQuery>): Promise<ForecastsAnswer> {
  const collections = await forecastCollections(store, query)
  const wide = { from: query.from, to: query.to, limit: Math.max(query.limit, scoredForecasts) }
  const pages = await Promise.all(collections.map(async (collection) => ({
    forecasts: await newest<Forecast>(store, collection, query, 'forecast', wide), scores: await newest<ForecastScore>(store, collection, query, 'score', wide),
  })))
  const forecasts = mergeForecasts(pages.map((page) => page.forecasts))
  const scores = scoresOf(forecasts, pages.flatMap((page) => page.scores))
  const shown = forecasts.slice(-query.limit)
  const first = shown[0]?.open_time ?? 0
  return { forecasts: shown, scores: scores.filter((score) => score.open_time >= first), accuracy: accuracyOf(forecasts, scores) }
}

/** Changes when there is a new forecast or outcome; costs a few documents, however many there are. */
export async function forecastSignature(store: Store, series: SeriesName): Promise<string> {
  const collections = await forecastCollections(store, series)
  const last = await Promise.all(collections.map(async (collection) => {
    const [[forecast], [score]] = await Promise.all([newest<Forecast>(store, collection, series, 'forecast', { limit: 1 }), newest<ForecastScore>(store, collection, series, 'score', { limit: 1 })])
    return `${collection}:${forecast?.open_time}:${forecast?.known_time}:${score?.open_time}:${score?.known_time}`
  }))
  return last.join(' ')
}

/** One a bar, oldest first: what was made live before what was made afterwards, else the newest stage's. */
export function mergeForecasts(pages: readonly (readonly Forecast[])[]): Forecast[] {
  const byTime = new Map<number, Forecast>()
  for (const forecast of pages.flat()) {
    const other = byTime.get(forecast.open_time)
    if (!other || (other.backfilled && !forecast.backfilled)) byTime.set(forecast.open_time, forecast)
  }
  return [...byTime.values()].sort((a, b) => a.open_time - b.open_time)
}

const scoreName = ({ open_time, model, model_version, value }: Pick<ForecastScore, 'open_time' | 'model' | 'model_version' | 'value'>) => `${open_time} ${model} ${model_version} ${value}`

/** Outcomes of these forecasts and of no others. */
function scoresOf(forecasts: readonly Forecast[], scores: readonly ForecastScore[]): ForecastScore[] {
  const byName = new Map(scores.map((score) => [scoreName(score), score]))
  return forecasts.flatMap((forecast) => byName.get(scoreName(forecast)) ?? [])
}

/** By model and version, in this order. */
export function accuracyOf(forecasts: readonly Forecast[], scores: readonly ForecastScore[]): LiveAccuracy[] {
  const name = ({ model, model_version }: Pick<Forecast, 'model' | 'model_version'>) => `${model} ${model_version}`
  const scored = Map.groupBy(scores, name)
  return [...Map.groupBy(forecasts, name).entries()].map(([group, made]): LiveAccuracy => {
    const { model, model_version } = made[0]!
    const outcomes = scored.get(group) ?? []
    const mean = (of: (score: ForecastScore) => number) => outcomes.reduce((sum, score) => sum + of(score), 0) / outcomes.length
    return {
      model, model_version, forecasts: made.length, scored: outcomes.length,
      ...(outcomes.length > 0 && { hit_rate: mean(({ hit }) => Number(hit)), coverage: mean(({ covered }) => Number(covered)), mse: mean(({ value, actual }) => (value - actual) ** 2) }),
    }
  }).sort((a, b) => (a.model === b.model ? a.model_version - b.model_version : a.model < b.model ? -1 : 1))
}

