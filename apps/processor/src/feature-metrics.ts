import { createCounter, type ServiceContext } from '@streamforge/service'

/** What the processor counts of the rows it makes. */
export function featureMetrics(registry: ServiceContext<unknown>['metrics']) {
  const rows = createCounter(registry, 'streamforge_feature_rows_total', 'Feature rows published')
  const late = createCounter(registry, 'streamforge_feature_late_records_total', 'Records that came too late for their bar and changed no row')
  return {
    onCounts(counts: { rows: number; late: number }) {
      rows.inc(counts.rows)
      late.inc(counts.late)
    },
  }
}
