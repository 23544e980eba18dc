import { type BacktestReport, backtestsCollection } from '@streamforge/contracts'
import type { BuiltReport } from '@streamforge/models'
import type { ObjectStore } from '@streamforge/objects'
import type { Store } from '@streamforge/store'

/** The CSV first, then the report that names it: a report that is there is whole. Done again by another attempt, it changes nothing. */
export async function storeReports(store: Store, objects: ObjectStore, built: readonly BuiltReport[]): Promise<BacktestReport[]> {
  await store.ensureCollection(backtestsCollection, { indexes: [['symbol', 'interval', 'created_at'], ['run_id'], ['workflow_id'], ['created_at']] })
  const reports: BacktestReport[] = []
  for (const { report, csv } of built) {
    const { name, size, checksum } = await objects.put(`backtests/${report._key}.csv`, Buffer.from(csv.text), { 'run-id': report.run_id, 'content-type': 'text/csv' })
    reports.push({ ...report, csv: { object: name, bytes: size, sha256: checksum as BacktestReport['csv']['sha256'], rows: csv.rows } })
  }
  await store.writeBatch(backtestsCollection, reports)
  return reports
}
