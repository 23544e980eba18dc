import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Assignment, calendarOf, type CoverageCertificate, type Gap, gapKey } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { auditOwnRecords } from './audit-own-records.ts'
import { type AuditResult, startAudit, type TradeIds } from './audit-records.ts'
import { type Dataset, datasetKeyRange } from './dataset.ts'
import type { OwnSpan } from './own-records.ts'

/** What the certificate needs to know beside the store. */
export interface StreamFacts {
  /** The ends that the markers prove; undefined when there is no trade, or no proof. */
  ids: TradeIds | undefined
  /** False when markers are missing (dead-lettered): the ends of the stream are not proven then. Live data needs none. */
  markersComplete: boolean
  duplicates: number
  deadLettered: number
  /** Of live data: what the queue has brought itself; undefined when that is nothing. */
  own?: OwnSpan | undefined
}

export interface CertifyOptions {
  store: Store
  dataset: Dataset
  assignment: Assignment
  facts: StreamFacts
  now: () => number
  signal: AbortSignal
  /** Called after every batch with the number of documents read so far. */
  onProgress?: (read: number) => void
}

const batchSize = 1000

/** Reads the dataset in the store in key order and says what is there and what is not. */
export async function certify(options: CertifyOptions): Promise<CoverageCertificate> {
  const { store, dataset, facts, signal, onProgress } = options
  const gaps = await readGaps(store, dataset)
  const begin = () => startAudit(dataset, gaps, facts.ids)
  const audit = dataset.live && facts.own ? auditOwnRecords(begin, facts.own.first) : begin()
  let read = 0
  if (mayHoldRecords(dataset, facts)) {
    for await (const documents of store.scan(options.assignment.collection_name, keysToRead(dataset, facts), { batchSize })) {
      signal.throwIfAborted()
      audit.add(facts.ids || dataset.unit !== 'trades' ? documents : documents.filter((document) => isInRange(document, dataset)))
      read += documents.length
      onProgress?.(read)
      // The store may answer without waiting; heartbeats and health need their turn.
      await nextTurn()
    }
  }
  return toCertificate(options, audit.finish())
}

/** A live queue vouches for nothing that others have stored after its own last record. `!` sorts before all that a longer key could go on with. */
function keysToRead(dataset: Dataset, { ids, own }: StreamFacts): { from: string; to: string } {
  const keys = datasetKeyRange(dataset, ids)
  return dataset.live && own ? { from: keys.from, to: `${own.last}!` } : keys
}

/** Complete markers without ids prove that the range has no trade. */
function mayHoldRecords(dataset: Dataset, { ids, markersComplete, own }: StreamFacts): boolean {
  if (dataset.live) return own !== undefined || dataset.unit === 'rows'
  return dataset.unit !== 'trades' || ids !== undefined || !markersComplete
}

/** Without proven ids all trades of the symbol are read, also those of other ranges. */
function isInRange({ event_time }: StoredDocument, { range }: Dataset): boolean {
  return typeof event_time === 'number' && event_time >= range.from && event_time < range.to
}

/** A live series may go on where history ended, in the same collection: then the gaps of that history are its own too. */
async function readGaps(store: Store, { symbol, type, venue, range, live, unit }: Dataset): Promise<Gap[]> {
  const gaps: Gap[] = []
  if (unit === 'rows') return gaps
  for (const of of live ? [type, historyOf(type)] : [type]) {
    const key = (from: number) => gapKey({ symbol, type: of, from } as Gap)
    for await (const batch of store.scan('gaps', { from: key(range.from), to: key(range.to) })) {
      for (const { _key, ...gap } of batch) if ((gap as Gap).venue === venue) gaps.push(gap as Gap)
    }
  }
  return gaps
}

const historyOf = (type: Dataset['type']) => type.replace(/^ws_/, 'api_') as Dataset['type']

/** A queue's id ends with its workflow's, where queue-manager has made it; a worker started by hand may have any. */
function workflowOf(queueId: string): string {
  const suffix = /-([0-9a-f]{6})$/.exec(queueId)?.[1] ?? '000000'
  return `wf-${suffix}`
}

function toCertificate({ dataset, assignment, facts, now }: CertifyOptions, audit: AuditResult): CoverageCertificate {
  return {
    queue_id: assignment.queue_id, workflow_id: assignment.workflow_id ?? workflowOf(assignment.queue_id),
    venue: assignment.venue, symbol: assignment.symbol, type: assignment.type, collection_name: assignment.collection_name,
    time_range: assignment.time_range, ...rangeOf(dataset, audit), unit: dataset.unit,
    rows_expected: audit.expected, rows_stored: audit.stored, missing_at_source: audit.missingAtSource, lost: audit.lost,
    foreign: audit.foreign, duplicates_refused: facts.duplicates, dead_lettered: facts.deadLettered,
    holes: audit.holes, hole_count: audit.holeCount,
    ...(audit.firstTradeId !== undefined && { first_trade_id: audit.firstTradeId }),
    ...(audit.lastTradeId !== undefined && { last_trade_id: audit.lastTradeId }),
    ...calendarPart(dataset),
    checksum: audit.checksum,
    ...(dataset.live && { open: true }),
    complete: (dataset.live || facts.markersComplete) && audit.lost === 0 && audit.foreign === 0 && facts.deadLettered === 0,
    certified_at: now(),
  }
}

/** What bars were expected by, where that is not around the clock. */
function calendarPart({ venue, unit }: Dataset): Pick<CoverageCertificate, 'calendar'> {
  const { name } = calendarOf(venue)
  return unit === 'candles' && name !== 'always_open' ? { calendar: name } : {}
}

/** Live data vouches for what it has so far, which may be nothing. */
function rangeOf({ range, live }: Dataset, { spans }: AuditResult): { from: number; to: number } {
  return live ? spans ?? { from: range.from, to: range.from } : { from: range.from, to: range.to }
}
