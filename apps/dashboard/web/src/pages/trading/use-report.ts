import { useEffect, useState } from 'react'
import type { BacktestReport, CandlesAnswer, ChartCandle } from '@streamforge/contracts'
import { getJson } from '../../api.ts'

/** Reports by their keys, each read once: a report does not change. Undefined entries are on their way. */
export function useReports(keys: readonly string[]): { reports: ReadonlyMap<string, BacktestReport>; error: unknown } {
  const [reports, setReports] = useState<ReadonlyMap<string, BacktestReport>>(new Map())
  const [error, setError] = useState<unknown>()
  const wanted = keys.filter((key) => !reports.has(key)).join(' ')
  useEffect(() => {
    if (!wanted) return undefined
    const abort = new AbortController()
    const read = (key: string) => getJson<BacktestReport>(`/api/backtests/${encodeURIComponent(key)}`, abort.signal)
    Promise.all(wanted.split(' ').map(read)).then((read) => {
      setReports((known) => new Map([...known, ...read.map((report) => [report._key, report] as const)]))
      setError(undefined)
    }, (e: unknown) => { if (!abort.signal.aborted) setError(e) })
    return () => abort.abort()
  }, [wanted])
  return { reports, error }
}

const pageSize = 5_000
/** So many candles are drawn at most, the newest. */
const mostCandles = 20_000
const emptyCandles: readonly ChartCandle[] = []

/** Candles of a report's bars as the store has them now, the newest first to come. */
export function useReportCandles(report: BacktestReport | undefined): { candles: readonly ChartCandle[]; error: unknown } {
  const [state, setState] = useState<{ of?: string; candles: readonly ChartCandle[]; error?: unknown }>({ candles: emptyCandles })
  useEffect(() => {
    if (!report) return undefined
    const abort = new AbortController()
    readCandles(report, abort.signal, (candles) => setState({ of: report._key, candles }))
      .catch((error: unknown) => { if (!abort.signal.aborted) setState({ of: report._key, candles: emptyCandles, error }) })
    return () => abort.abort()
  }, [report])
  return state.of === report?._key ? { candles: state.candles, error: state.error } : { candles: emptyCandles, error: undefined }
}

async function readCandles({ venue, symbol, interval, from, to }: BacktestReport, signal: AbortSignal, show: (candles: readonly ChartCandle[]) => void): Promise<void> {
  let candles: readonly ChartCandle[] = []
  for (let end = to, more = true; more && candles.length < mostCandles;) {
    const query = new URLSearchParams({ venue, symbol, interval, from: String(from), to: String(end), limit: String(pageSize) })
    const answer = await getJson<CandlesAnswer>(`/api/candles?${query}`, signal)
    candles = [...answer.candles, ...candles]
    show(candles)
    end = answer.candles[0]?.open_time ?? from
    more = answer.more && end > from
  }
}
