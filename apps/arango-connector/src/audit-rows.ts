import { canonicalDerived, type DerivedRecord } from '@streamforge/contracts'
import type { Audit } from './audit-records.ts'
import { type Dataset, isWithin, ownRecord, type StageRows } from './dataset.ts'
import { noHoles } from './explain-holes.ts'
import { hashLines } from './hash-lines.ts'

/**
 * Counts and hashes the rows that a stage has made. How many there should be, its markers say; a bar without a row is no hole, for its
 * candle may not exist. Rows beyond the range are those of a later stage that goes on live.
 */
export function auditRows(dataset: Dataset & StageRows): Audit {
  const lines = hashLines()
  let stored = 0
  let foreign = 0
  let from = Infinity
  let to = -Infinity
  return {
    add(documents) {
      for (const document of documents) {
        const row = ownRecord(dataset, document) as DerivedRecord | undefined
        if (row) {
          stored++
          from = Math.min(from, row.open_time)
          to = Math.max(to, row.event_time)
          lines.add(canonicalDerived(row))
        } else if (!isLater(dataset, document as Partial<DerivedRecord>)) foreign++
      }
      lines.flush()
    },
    lost: () => 0,
    finish: () => ({
      ...noHoles(), stored, foreign, expected: stored, firstTradeId: undefined, lastTradeId: undefined, checksum: lines.checksum(),
      spans: dataset.live && stored > 0 ? { from, to: Math.max(to, from + 1) } : undefined,
    }),
  }
}

const isLater = (dataset: Dataset, { kind, open_time }: Partial<DerivedRecord>) =>
  kind === 'feature' && open_time !== undefined && !isWithin({ open_time }, dataset.range)
