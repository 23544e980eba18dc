import { mlflowOptions, openModelRegistry } from '@streamforge/models'
import { runStandingWorkers, runWorker, type ServiceContext } from '@streamforge/service'
import { Config } from './config.ts'
import { forecastMetrics } from './forecast-metrics.ts'
import { predictQueue } from './predict-queue.ts'

type Counted = ReturnType<typeof forecastMetrics>
let counted: Counted | undefined
/** Jobs of one process count together. */
const metricsOf = (registry: ServiceContext<unknown>['metrics']): Counted => (counted ??= forecastMetrics(registry))

// In a Deployment it takes jobs as they come; else it is one job's own process.
const run = process.argv.includes('--stand-by') ? runStandingWorkers : runWorker

await run('predictor', 'predictor', Config, async (worker) => {
  const { config, now, metrics } = worker
  const { forecasts, scores, signals, models } = metricsOf(metrics)
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
