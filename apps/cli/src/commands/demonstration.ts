import { formatTimeRange, type DataType, type WorkflowRequestInput } from '@streamforge/contracts'
import type { RecordedFile } from '@streamforge/market'
import { z } from 'zod'

const day = 86_400_000

/**
 * The workflows that load recorded files: all five-minute candles and all trades, one workflow for the files that share a
 * range. Other intervals are left to the user.
 */
export function recordedRequests(files: readonly RecordedFile[]): WorkflowRequestInput[] {
  const groups = new Map<string, WorkflowRequestInput>()
  for (const file of files) {
    if (file.content === 'candles' && file.interval !== '5m') continue
    const type: DataType = file.content === 'candles' ? 'api_candles_5m' : 'api_trades'
    const time_range = formatTimeRange(file)
    const group = groups.get(`${type} ${time_range}`)
    if (group) group.symbols.push(file.symbol)
    else groups.set(`${type} ${time_range}`, { name: `recorded ${file.content}`, symbols: [file.symbol], types: [type], time_range })
  }
  return [...groups.values()].sort((a, b) => b.symbols.length - a.symbols.length)
}

const ServerTime = z.object({ serverTime: z.number() })
const ExchangeInfo = z.object({ symbols: z.array(z.object({ symbol: z.string(), quoteAsset: z.string().optional() })) })
const favourites = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'ADAUSDT', 'DOGEUSDT', 'LINKUSDT', 'AVAXUSDT']

/**
 * What the demonstration loads from an exchange whose data we do not know: the last 60 whole days of five-minute candles of up
 * to eight instruments, and an hour of trades of the first.
 */
export async function exchangeRequests(exchangeUrl: string, fetchFunction: typeof fetch = fetch): Promise<WorkflowRequestInput[]> {
  const ask = async (path: string) => (await fetchFunction(new URL(path, exchangeUrl), { signal: AbortSignal.timeout(20_000) })).json()
  const { serverTime } = ServerTime.parse(await ask('/api/v3/time'))
  const listed = ExchangeInfo.parse(await ask('/api/v3/exchangeInfo')).symbols.map((s) => s.symbol)
  const known = favourites.filter((s) => listed.includes(s))
  const symbols = (known.length ? known : listed).slice(0, 8)
  const to = Math.floor(serverTime / day) * day
  return [
    { name: 'candles of 60 days', symbols, types: ['api_candles_5m'], time_range: formatTimeRange({ from: to - 60 * day, to }) },
    { name: 'an hour of trades', symbols: symbols.slice(0, 1), types: ['api_trades'], time_range: formatTimeRange({ from: to - 3_600_000, to }) },
  ]
}
