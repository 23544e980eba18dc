import { type BookDiff, type BookGap, canonicalBookDiff } from '@streamforge/contracts'
import type { Audit } from './audit-records.ts'
import { type Dataset, ownRecord } from './dataset.ts'
import { addHole, noHoles } from './explain-holes.ts'
import { hashLines } from './hash-lines.ts'

/**
 * Follows the update ids of a stored order book: every diff must go on where the one before ended. Ids that did not come count as
 * missing at the source where a `book_gap` says so (a venue does not repeat its diffs), else as lost. Rows are update ids; the
 * checksum is over the diffs.
 */
export function auditUpdates(dataset: Dataset): Audit {
  const holes = noHoles()
  const lines = hashLines()
  const gaps: BookGap[] = []
  let stored = 0
  let foreign = 0
  let lastId: number | undefined
  let firstTime: number | undefined
  let lastTime = dataset.range.from

  const addDiff = (diff: BookDiff) => {
    const before = idBefore(diff)
    if (lastId !== undefined && before > lastId) {
      const known = gaps.some((gap) => gap.expected_id >= lastId! && gap.expected_id <= diff.first_update_id)
      const to = Math.max(diff.event_time, lastTime + 1)
      addHole(holes, { from: lastTime, to, missing: before - lastId, cause: known ? 'exchange' : 'lost' })
    }
    stored += Math.max(0, diff.final_update_id - Math.max(lastId ?? 0, diff.first_update_id - 1))
    lastId = Math.max(lastId ?? 0, diff.final_update_id)
    firstTime ??= diff.event_time
    lastTime = Math.max(lastTime, diff.event_time)
    gaps.length = 0
    lines.add(canonicalBookDiff(diff))
  }
  return {
    add(documents) {
      for (const document of documents) {
        const record = ownRecord(dataset, document)
        if (!record) foreign++
        else if (record.kind === 'book_diff') addDiff(record)
        else if (record.kind === 'book_gap') gaps.push(record)
      }
      lines.flush()
    },
    lost: () => holes.lost,
    finish: () => ({
      ...holes, stored, foreign, expected: stored + holes.missingAtSource + holes.lost,
      spans: firstTime === undefined ? undefined : { from: firstTime, to: lastTime + 1 },
      firstTradeId: undefined, lastTradeId: undefined, checksum: lines.checksum(),
    }),
  }
}

/** The id up to which a diff says that it has seen everything: futures name it, spot counts without a break. */
const idBefore = (diff: BookDiff) => (diff.market === 'spot' ? diff.first_update_id - 1 : diff.previous_final_update_id ?? diff.first_update_id - 1)
