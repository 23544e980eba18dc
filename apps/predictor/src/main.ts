import { mlflowOptions, openModelRegistry } from '@streamforge/models'
import { runWorker } from '@streamforge/service'
import { Config } from './config.ts'
import { forecastMetrics } from './forecast-metrics.ts'
import { predictQueue } from './predict-queue.ts'

await runWorker('predictor', 'predictor', Config, async (worker) => {
  const { config, now, metrics } = worker
  const { forecasts, scores, signals, models } = forecastMetrics(metrics)
  return predictQueue(worker, {
    registry: await openModelRegistry({ store: await worker.store(), objects: await worker.objects(), now, mlflow: mlflowOptions(config) }),
    latenessMs: config.FORECAST_LATENESS_MS, modelPollMs: config.MODEL_POLL_MS,
    onModel: (_, ready) => models.inc({ ready: String(ready) }),
    onSignals: (made) => made.forEach(({ action }) => signals.inc({ action })),
    onPublished(messages) {
      for (const message of messages) {
        if (message.kind === 'forecast') forecasts.inc()
        else scores.inc({ hit: String(message.hit) })
      }
    },
  })
})
