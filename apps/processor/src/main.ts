import { createCounter, runWorker } from '@streamforge/service'
import { Config } from './config.ts'
import { processQueue } from './process-queue.ts'

await runWorker('processor', 'processor', Config, (worker) => {
  const rows = createCounter(worker.metrics, 'streamforge_feature_rows_total', 'Feature rows published')
  const late = createCounter(worker.metrics, 'streamforge_feature_late_records_total', 'Records that came too late for their bar and changed no row')
  return processQueue(worker, {
    latenessMs: worker.config.FEATURE_LATENESS_MS,
    onCounts: (counts) => {
      rows.inc(counts.rows)
      late.inc(counts.late)
    },
  })
})
