import {
  barGrid, canonicalCandle, canonicalTrade, ceilToInterval, type Gap, nextOpenTime,
} from '@streamforge/contracts'
import type { StoredDocument } from '@streamforge/store'
import { type Dataset, ownRecord } from './dataset.ts'
import { auditRows } from './audit-rows.ts'
import { auditUpdates } from './audit-updates.ts'
import { addHole, type ExplainedHoles, explainCandleHole, explainTradeHole, gapCursor, noHoles, trailingGaps } from './explain-holes.ts'
import { hashLines } from './hash-lines.ts'

/** What reading a dataset's stored records in key order shows. */
export interface AuditResult extends ExplainedHoles {
  stored: number
  /** Within the keys' range, but not a record of this dataset; not part of the checksum. */
  foreign: number
  expected: number
  firstTradeId: number | undefined
  lastTradeId: number | undefined
  /** Of live data: what it spans, from the first stored record to the newest. Undefined: nothing, or the dataset's own range. */
  spans?: { from: number; to: number } | undefined
  /** `sha256:` and 64 hex digits. */
  checksum: string
}

export interface Audit {
  /** Documents in key order, each batch after the one before. */
  add(documents: readonly StoredDocument[]): void
  /** Records missed so far without an explanation. */
  lost(): number
  finish(): AuditResult
}

/** The ends that the loader's markers prove; absent when they are not known, then the ends are what is stored. */
export interface TradeIds {
  first: number
  last: number
}

export function startAudit(dataset: Dataset, gaps: readonly Gap[], ids?: TradeIds): Audit {
  switch (dataset.unit) {
    case 'candles': return auditCandles(dataset, gaps)
    case 'trades': return auditTrades(dataset, gaps, ids)
    case 'updates': return auditUpdates(dataset)
    case 'rows': return auditRows(dataset)
    default: return dataset satisfies never
  }
}

function auditCandles(dataset: Dataset & { unit: 'candles' }, gaps: readonly Gap[]): Audit {
  const { interval, range } = dataset
  const grid = barGrid(dataset.venue, interval)
  const cursor = gapCursor(gaps)
  const holes = noHoles()
  const lines = hashLines()
  let stored = 0
  let foreign = 0
  // Live data begins with what is there first; what comes before is not its own.
  let expectedOpen = dataset.live ? undefined : ceilToInterval(range.from, interval)
  let from: number | undefined
  const closeHole = (to: number) => {
    if (expectedOpen !== undefined && to > expectedOpen) for (const hole of explainCandleHole({ from: expectedOpen, to }, grid, cursor)) addHole(holes, hole)
  }
  return {
    add(documents) {
      for (const document of documents) {
        const candle = ownRecord(dataset, document)
        if (candle?.kind !== 'candle') {
          foreign++
          continue
        }
        if (candle.open_time !== expectedOpen) closeHole(candle.open_time)
        expectedOpen = nextOpenTime(candle.open_time, interval)
        from ??= candle.open_time
        stored++
        lines.add(canonicalCandle(candle))
      }
      lines.flush()
    },
    lost: () => holes.lost,
    finish() {
      if (!dataset.live) closeHole(range.to)
      else if (expectedOpen !== undefined) {
        for (const gap of trailingGaps(cursor, dataset.queueId, expectedOpen)) {
          closeHole(gap.to)
          expectedOpen = Math.max(expectedOpen, gap.to)
        }
      }
      return {
        ...holes, stored, foreign, spans: spans(dataset, from, expectedOpen), expected: stored + holes.missingAtSource + holes.lost,
        firstTradeId: undefined, lastTradeId: undefined, checksum: lines.checksum(),
      }
    },
  }
}

function auditTrades(dataset: Dataset, gaps: readonly Gap[], ids?: TradeIds): Audit {
  const cursor = gapCursor(gaps)
  const holes = noHoles()
  const lines = hashLines()
  let stored = 0
  let foreign = 0
  let firstTradeId: number | undefined
  let lastId = ids ? ids.first - 1 : undefined
  let firstTime: number | undefined
  let lastTime = dataset.range.from
  const closeHole = (nextId: number, time: number) => {
    const missing = lastId === undefined ? 0 : nextId - lastId - 1
    if (missing > 0) for (const hole of explainTradeHole({ from: lastTime, to: time, missing }, cursor)) addHole(holes, hole)
  }
  return {
    add(documents) {
      for (const document of documents) {
        const trade = ownRecord(dataset, document)
        if (trade?.kind !== 'trade') {
          foreign++
          continue
        }
        closeHole(trade.trade_id, trade.event_time)
        firstTradeId ??= trade.trade_id
        firstTime ??= trade.event_time
        lastId = trade.trade_id
        // A few trades carry a time before that of the id before them; gaps go by the latest time.
        lastTime = Math.max(lastTime, trade.event_time)
        stored++
        lines.add(canonicalTrade(trade))
      }
      lines.flush()
    },
    lost: () => holes.lost,
    finish() {
      if (ids) closeHole(ids.last + 1, dataset.range.to)
      for (const { from, to, missing, cause } of dataset.live && lastId !== undefined ? trailingGaps(cursor, dataset.queueId, lastTime) : []) {
        addHole(holes, { from, to, missing, cause })
        lastTime = Math.max(lastTime, to - 1)
      }
      return {
        ...holes, stored, foreign, spans: spans(dataset, firstTime, lastTime + 1), expected: stored + holes.missingAtSource + holes.lost,
        firstTradeId: ids?.first ?? firstTradeId, lastTradeId: ids?.last ?? lastId, checksum: lines.checksum(),
      }
    },
  }
}

const spans = ({ live }: Dataset, from: number | undefined, to: number | undefined) =>
  (live && from !== undefined && to !== undefined ? { from, to } : undefined)
