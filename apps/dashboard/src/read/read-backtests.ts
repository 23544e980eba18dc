import { backtestsCollection, BacktestSummary, StreamForgeError, type BacktestReport, type BacktestsQuery } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import type { z } from 'zod'
import { orIfMissing } from './datasets.ts'

type StoredReport = BacktestReport & StoredDocument
export type ReadBacktests = (query: z.infer<typeof BacktestsQuery>) => Promise<BacktestSummary[]>

/** So many lists are kept: pages ask for the same few again and again. */
const keptLists = 20

/**
 * Reads reports without what is drawn, the newest first. A report is a large document, and pages ask every few seconds: what was read stays
 * until there is another number of them, or a newer one.
 */
export function readBacktests(store: Store): ReadBacktests {
  const known = new Map<string, { signature: string; summaries: BacktestSummary[] }>()
  return async (query) => {
    const name = JSON.stringify(query)
    const signature = await signatureOf(store)
    const before = known.get(name)
    if (before?.signature === signature) return before.summaries
    const { limit, ...where } = query
    const given = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined)) as Record<string, string>
    const reports = await orIfMissing(store.find<StoredReport>(backtestsCollection, { where: given, sort: [{ field: 'created_at', direction: 'desc' }], limit }), [])
    const summaries = reports.map(summarise)
    if (known.size >= keptLists) known.clear()
    known.set(name, { signature, summaries })
    return summaries
  }
}

async function signatureOf(store: Store): Promise<string> {
  const [count, [newest]] = await Promise.all([
    orIfMissing(store.count(backtestsCollection), 0),
    orIfMissing(store.find<StoredReport>(backtestsCollection, { sort: [{ field: 'created_at', direction: 'desc' }], limit: 1 }), []),
  ])
  return `${count} ${newest?._key} ${newest?.created_at}`
}

const summarise = ({ trades: _trades, series: _series, ...summary }: StoredReport): BacktestSummary => summary

/** @throws StreamForgeError NOT_FOUND */
export async function readBacktest(store: Store, key: string): Promise<BacktestReport> {
  const report = await orIfMissing(store.get<StoredReport>(backtestsCollection, key), undefined)
  if (!report) throw new StreamForgeError('NOT_FOUND', `there is no backtest ${key.slice(0, 200)}`, { remedy: 'GET /api/backtests lists them' })
  return report
}
