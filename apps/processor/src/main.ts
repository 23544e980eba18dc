import { runWorker } from '@streamforge/service'
import { Config } from './config.ts'
import { featureMetrics } from './feature-metrics.ts'
import { processQueue } from './process-queue.ts'

await runWorker('processor', 'processor', Config, (worker) => processQueue(worker, {
  latenessMs: worker.config.FEATURE_LATENESS_MS, ...featureMetrics(worker.metrics),
}))
