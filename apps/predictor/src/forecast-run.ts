import { publishMessages } from '@streamforge/bus'
import { barGrid, catalog, type Forecast, type ForecastScore, nextOpenTime } from '@streamforge/contracts'
import { abortableDelay, type WorkerContext, type WorkerProgress } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import { forecastBar, type ForecastContext, scoreRow } from './bar-forecasts.ts'
import { createBarWindows } from './bar-windows.ts'
import type { Champion } from './champion.ts'
import type { FollowedRun } from './follow-features.ts'
import type { ForecastModel } from './forecast-model.ts'
import type { ForecastStage } from './forecast-stage.ts'
import { createMadeForecasts, type MadeForecasts } from './made-forecasts.ts'
import { createRowPlaces } from './row-places.ts'

/** Milliseconds between the forecasts of a new bar and the scores that it brings. */
const scoresAfterMs = 2

/** One attempt at a stage. */
export interface ForecastRun extends FollowedRun {
  readonly stage: ForecastStage
  readonly champion: Champion<ForecastModel>
  readonly made: MadeForecasts
}

export interface RunParts {
  worker: WorkerContext<unknown>
  store: Store
  stage: ForecastStage
  champion: Champion<ForecastModel>
  /** What people should know beside the figures. */
  notice: () => string
  onPublished?: (messages: readonly (Forecast | ForecastScore)[]) => void
}

export function openRun({ worker, store, stage, champion, notice, onPublished }: RunParts): ForecastRun {
  const { bus, assignment, now } = worker
  const { symbols, interval } = stage.spec
  const windows = createBarWindows(symbols, barGrid(stage.spec.venue, interval), stage.featureSet)
  const made = createMadeForecasts()
  const places = createRowPlaces(symbols)
  const context: ForecastContext = { symbols, windows, made, now, places }
  const accuracy = { scored: 0, hits: 0 }
  let modelVersion = 0
  const progress = (): WorkerProgress => {
    const { forecasts, scores } = made.counts()
    const newest = made.newest()
    const told: WorkerProgress = {
      records_written: forecasts + scores, message: `${forecasts} forecasts by ${stage.model} version ${modelVersion}, ${scores} of them scored${notice()}`,
      metrics: { model_version: modelVersion, forecasts, scores, ...(accuracy.scored > 0 && { hit_rate: accuracy.hits / accuracy.scored }) },
      ...(newest !== undefined && { checkpoint: [{ shard: 0, position: newest, records: forecasts + scores, done: false }] }),
    }
    worker.progress(told)
    return told
  }
  async function publish(messages: readonly (Forecast | ForecastScore)[]): Promise<void> {
    if (messages.length === 0) return
    await publishMessages(bus, catalog.data, messages, { topic: assignment.kafka_topic, partition: 0 })
    for (const message of messages) made.note(message)
    onPublished?.(messages)
  }
  const scoresOf = (openTime: number) => symbols.flatMap((symbol) => {
    const row = windows.row(symbol, openTime)
    return row ? scoreRow(context, row) : []
  })
  return {
    worker, bus, store, stage, champion, windows, made, places, progress, follow: champion.follow,
    // A bar is the truth of earlier forecasts too: without their scores it is not done with.
    hasMade: (symbol, openTime) => made.hasForecast(symbol, openTime) && made.awaiting(symbol, nextOpenTime(openTime, interval)).length === 0,
    /** The bar's own forecasts, and the scores of those that it is the truth of. */
    async advance(openTime, { backfilled }) {
      const model = champion.forBar()
      modelVersion = model.version.version
      const forecasts = forecastBar(context, model, openTime, { backfilled })
      await publish(forecasts)
      // Forecasts are waited for, scores are not: whoever reads forecasts may need the processor that this process is on.
      if (forecasts.length > 0 && !backfilled) await abortableDelay(scoresAfterMs, worker.signal)
      const scores = scoresOf(openTime)
      await publish(scores)
      for (const { hit } of scores) {
        accuracy.scored++
        if (hit) accuracy.hits++
      }
      return true
    },
  }
}
