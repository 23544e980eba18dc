import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { BookRecord } from '@streamforge/contracts'
import { firstDifference } from './compare-books.ts'
import { LiveBook } from './live-book.ts'
import type { BookLevel } from './order-book.ts'
import { readRecordedBook, recordedBookFile, recordedBooks } from './recorded-book.ts'
import { rebuildBook } from './rebuild-book.ts'

const dataDirectory = process.env['STREAMFORGE_DATA'] ?? join(import.meta.dirname, '../../../../../shared/data')
/** How often a best bid and offer has the id of a diff, from the snapshot on. */
const comparisons: Record<string, number> = {
  'spot BTCUSDT': 564, 'spot ETHUSDT': 577, 'usdm ETHUSDT': 551, 'coinm BTCUSD_PERP': 1124,
}
/** How often the best bid had sunk below the worst of the 1000 in the snapshot, so that it was seen and not known. */
const unknownBest: Record<string, number> = { 'spot BTCUSDT': 5 }

/** Feeds a recording to a live book, and says how its best levels compare with the tickers of the same update id. */
function replay(path: string, instrument: (typeof recordedBooks)[number]['instrument']) {
  const live = new LiveBook(instrument, { minimumKnownLevels: 0 })
  const records: BookRecord[] = []
  const bestById = new Map<number, { known: string | undefined; seen: string }>()
  const tickers = new Map<number, string>()
  const gaps: unknown[] = []
  let request = 0
  let checkpoint: BookRecord | undefined
  for (const record of readRecordedBook(path, instrument)) {
    const now = record.known_time
    if (record.kind === 'book_ticker') {
      tickers.set(record.update_id, `${record.bid_price} ${record.bid_quantity} ${record.ask_price} ${record.ask_quantity}`)
      continue
    }
    records.push(record)
    const outputs = live.handle(record.kind === 'book_diff'
      ? { type: 'diff', diff: record, now } : { type: 'snapshot', snapshot: record, request, now })
    for (const output of outputs) {
      if (output.type === 'request_snapshot') request = output.request
      if (output.type === 'gap') gaps.push(output.gap)
    }
    if (!live.valid) continue
    const { book } = live
    const known = [book.bestBid(), book.bestAsk()]
    bestById.set(book.updateId, {
      known: known.includes(undefined) ? undefined : texts(known), seen: texts([book.bestSeen('bids'), book.bestSeen('asks')]),
    })
    if (bestById.size === 1000) checkpoint = live.snapshot(500, now)
  }
  const shared = [...tickers.keys()].filter((id) => bestById.has(id))
  return {
    live, records, checkpoint, gaps, shared,
    unknown: shared.filter((id) => bestById.get(id)!.known === undefined),
    wrong: shared.filter((id) => ![undefined, tickers.get(id)].includes(bestById.get(id)!.known)),
    wrongSeen: shared.filter((id) => bestById.get(id)!.seen !== tickers.get(id)),
  }
}

const texts = (levels: (BookLevel | undefined)[]) => levels.map((level) => `${level?.price} ${level?.quantity}`).join(' ')

describe.each(recordedBooks.map((book) => ({ name: `${book.instrument.market} ${book.instrument.symbol}`, ...book })))(
  'the recorded book of $name', ({ name, instrument, ...book }) => {
    const path = recordedBookFile(dataDirectory, { instrument, ...book })
    it.skipIf(!existsSync(path))('has the best bid and offer that the venue told (skipped where the recording is absent)', () => {
      const { live, records, checkpoint, gaps, shared, unknown, wrong, wrongSeen } = replay(path, instrument)
      expect(wrong).toEqual([])
      expect(wrongSeen).toEqual([])
      expect(unknown.length).toBe(unknownBest[name] ?? 0)
      expect(shared.length).toBe(comparisons[name])
      expect(gaps).toEqual([])
      expect(live.valid).toBe(true)

      const rebuilt = rebuildBook(records, live.book.updateId)
      expect(rebuilt.valid).toBe(true)
      expect(firstDifference(rebuilt.book, live.book)).toBeUndefined()
      const later = records.filter((r) => r.kind === 'book_diff')
      const fromCheckpoint = rebuildBook([...later, checkpoint!], live.book.updateId)
      expect(fromCheckpoint.valid).toBe(true)
      expect(firstDifference(fromCheckpoint.book, live.book)).toBeUndefined()
      expect(fromCheckpoint.book.depth('asks', 50).levels).toEqual(live.book.depth('asks', 50).levels)
    })
  })
