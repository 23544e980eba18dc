import { createHash } from 'node:crypto'
import {
  canonicalCandle, canonicalTrade, ceilToInterval, type Gap, nextOpenTime, recordKey,
} from '@streamforge/contracts'
import type { StoredDocument } from '@streamforge/store'
import { type Dataset, type DatasetRecord, foreignness } from './dataset.ts'
import { addHole, type ExplainedHoles, explainCandleHole, explainTradeHole, gapCursor, noHoles } from './explain-holes.ts'

/** What reading a dataset's stored records in key order shows. */
export interface AuditResult extends ExplainedHoles {
  stored: number
  /** Within the keys' range, but not a record of this dataset; not part of the checksum. */
  foreign: number
  expected: number
  firstTradeId: number | undefined
  lastTradeId: number | undefined
  /** `sha256:` and 64 hex digits. */
  checksum: string
}

export interface Audit {
  /** Documents in key order, each batch after the one before. */
  add(documents: readonly StoredDocument[]): void
  finish(): AuditResult
}

/** The ends that the loader's markers prove; absent when they are not known, then the ends are what is stored. */
export interface TradeIds {
  first: number
  last: number
}

export function startAudit(dataset: Dataset, gaps: readonly Gap[], ids?: TradeIds): Audit {
  return dataset.unit === 'candles' ? auditCandles(dataset, gaps) : auditTrades(dataset, gaps, ids)
}

function auditCandles(dataset: Dataset & { unit: 'candles' }, gaps: readonly Gap[]): Audit {
  const { interval, range } = dataset
  const cursor = gapCursor(gaps)
  const holes = noHoles()
  const lines = hashLines()
  let stored = 0
  let foreign = 0
  let expectedOpen = ceilToInterval(range.from, interval)
  const closeHole = (to: number) => {
    if (to > expectedOpen) for (const hole of explainCandleHole({ from: expectedOpen, to }, interval, cursor)) addHole(holes, hole)
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
        stored++
        lines.add(canonicalCandle(candle))
      }
      lines.flush()
    },
    finish() {
      closeHole(range.to)
      return {
        ...holes, stored, foreign, expected: stored + holes.missingAtSource + holes.lost,
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
        lastId = trade.trade_id
        // A few trades carry a time before that of the id before them; gaps go by the latest time.
        lastTime = Math.max(lastTime, trade.event_time)
        stored++
        lines.add(canonicalTrade(trade))
      }
      lines.flush()
    },
    finish() {
      if (ids) closeHole(ids.last + 1, dataset.range.to)
      return {
        ...holes, stored, foreign, expected: stored + holes.missingAtSource + holes.lost,
        firstTradeId: ids?.first ?? firstTradeId, lastTradeId: ids?.last ?? lastId, checksum: lines.checksum(),
      }
    },
  }
}

/** The document as a record of the dataset, or undefined when it is none or lies under a key that is not its own. */
function ownRecord(dataset: Dataset, document: StoredDocument): DatasetRecord | undefined {
  const record = document as unknown as DatasetRecord
  if (record.kind !== 'candle' && record.kind !== 'trade') return undefined
  return foreignness(dataset, record) === undefined && recordKey(record) === document._key ? record : undefined
}

/** Lines go into the hash a batch at a time: one call of the hash costs more than a line. */
function hashLines() {
  const hash = createHash('sha256')
  let text = ''
  return {
    add: (line: string) => void (text += `${line}\n`),
    flush: () => {
      hash.update(text)
      text = ''
    },
    checksum: () => `sha256:${hash.digest('hex')}`,
  }
}
