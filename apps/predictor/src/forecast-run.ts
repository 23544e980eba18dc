import { type Bus, publishMessages } from '@streamforge/bus'
import { catalog, type Forecast, type ForecastScore } from '@streamforge/contracts'
import type { WorkerContext, WorkerProgress } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import { forecastBar, type ForecastContext, scoreRow } from './bar-forecasts.ts'
import { type BarWindows, createBarWindows } from './bar-windows.ts'
import type { Champion } from './champion.ts'
import type { ForecastStage } from './forecast-stage.ts'
import { createMadeForecasts, type MadeForecasts } from './made-forecasts.ts'
import { createRowPlaces, type RowPlaces } from './row-places.ts'

/** One attempt at a stage. */
export interface ForecastRun {
  readonly worker: WorkerContext<unknown>
  readonly bus: Bus
  readonly store: Store
  readonly stage: ForecastStage
  readonly champion: Champion
  readonly windows: BarWindows
  readonly made: MadeForecasts
  readonly places: RowPlaces
  /**
   * Publishes what a bar brings: the scores of forecasts that it is the truth of, and its own forecasts. Whatever is on the topic already is left out;
   * what could not be published is not forgotten, and comes when the bar is asked for again.
   */
  advance(openTime: number, options: { backfilled: boolean }): Promise<void>
  progress(): WorkerProgress
}

export interface RunParts {
  worker: WorkerContext<unknown>
  store: Store
  stage: ForecastStage
  champion: Champion
  /** What people should know beside the figures. */
  notice: () => string
  onPublished?: (messages: readonly (Forecast | ForecastScore)[]) => void
}

export function openRun({ worker, store, stage, champion, notice, onPublished }: RunParts): ForecastRun {
  const { bus, assignment, now } = worker
  const { symbols, interval } = stage.spec
  const windows = createBarWindows(symbols, interval, stage.featureSet)
  const made = createMadeForecasts()
  const places = createRowPlaces()
  const context: ForecastContext = { symbols, windows, made, now, placeOf: places.of }
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
  return {
    worker, bus, store, stage, champion, windows, made, places, progress,
    async advance(openTime, options) {
      const scores = symbols.flatMap((symbol) => {
        const row = windows.row(symbol, openTime)
        return row ? scoreRow(context, row) : []
      })
      const model = champion.forBar()
      modelVersion = model.version.version
      const messages = [...scores, ...forecastBar(context, model, openTime, options)]
      if (messages.length === 0) return
      await publishMessages(bus, catalog.data, messages, { topic: assignment.kafka_topic, partition: 0 })
      for (const message of messages) made.note(message)
      for (const { hit } of scores) {
        accuracy.scored++
        if (hit) accuracy.hits++
      }
      onPublished?.(messages)
    },
  }
}
