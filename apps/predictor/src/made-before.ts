import { type Forecast, forecastKey, type ForecastScore, forecastScoreKey, MAX_EPOCH_MS, StreamForgeError } from '@streamforge/contracts'
import type { StoredDocument } from '@streamforge/store'
import { keptBars } from './bar-windows.ts'
import type { ForecastRun } from './forecast-run.ts'
import { readTopic } from './read-topic.ts'

/** Takes in what the attempts before have put on the topic. */
export async function readMade({ bus, worker: { assignment, signal }, made }: ForecastRun): Promise<void> {
  await readTopic(bus, assignment.kafka_topic, new Set(['forecast', 'forecast_score'] as const), (message) => {
    if (message.kind === 'forecast' || message.kind === 'forecast_score') made.note(message)
  }, signal)
}

/** Takes in the newest forecasts and scores that are stored of each symbol. A collection that nobody has made has none. */
export async function readStored({ store, stage, made, worker: { assignment, signal } }: ForecastRun): Promise<void> {
  const { symbols, interval } = stage.spec
  for (const symbol of symbols) {
    for (const keyOf of [forecastKey, forecastScoreKey]) {
      signal.throwIfAborted()
      const key = (open_time: number) => keyOf({ symbol, interval, open_time })
      const documents = await store.find<(Forecast | ForecastScore) & StoredDocument>(assignment.collection_name, {
        where: { _key: { gte: key(stage.firstBar), lt: key(MAX_EPOCH_MS) } }, sort: [{ field: '_key', direction: 'desc' }], limit: keptBars,
      }).catch((error: unknown) => {
        if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return []
        throw error
      })
      for (const document of documents.reverse()) made.note(document)
    }
  }
}
