import { floorToInterval, nextOpenTime, type Candle, type EpochMs, type Interval } from '@streamforge/contracts'
import { badResponse, decimal, integer, orderCandles } from './page.ts'

/** How long after its end a bar could be read: Yahoo shows most exchanges 15 minutes late. */
export const YAHOO_DELAY_MS = 900_000

const dayMs = 86_400_000
const columns = ['open', 'high', 'low', 'close', 'volume'] as const

/** What a chart is of: a candle's place and name follow from it. */
export interface ChartOf {
  venue: string
  symbol: string
  interval: Interval
  /** Bars that open within; others are left out unread, for the newest may not have ended. */
  from: EpochMs
  to: EpochMs
}

export interface ChartBars {
  candles: Candle[]
  /** Rows that came twice. */
  duplicates: number
  widened: number
}

/**
 * The bars of an answer of `/v8/finance/chart`. A daily bar is stamped with its session's opening; ours opens at 00:00 UTC of the session's date by the
 * exchange's clock. A row without one of its prices, or without volume, is none: Yahoo has the day, but not what was traded. Where a high is below the
 * open or close, or a low above them, it is set to them, for they were traded at; `widened` counts such bars.
 * @throws StreamForgeError VENUE_BAD_RESPONSE
 */
export function candlesOfChart(json: unknown, of: ChartOf): ChartBars {
  const result = chartResult(json)
  const times = result['timestamp'] ?? []
  const quote = (result['indicators'] as { quote?: unknown[] } | undefined)?.quote?.[0] as Record<string, unknown> | undefined
  if (!Array.isArray(times) || (times.length > 0 && !columns.every((name) => Array.isArray(quote?.[name]) && quote[name].length === times.length))) {
    throw badResponse('a chart has not a price for each of its times')
  }
  const offsetMs = gmtOffset(result)
  const candles: Candle[] = []
  times.forEach((time: unknown, i) => {
    const openTime = openTimeOf(integer(time, 'timestamp') * 1000, offsetMs, of)
    const values = columns.map((name) => (quote![name] as unknown[])[i])
    if (openTime >= of.from && openTime < of.to && !values.some((value) => value === null)) candles.push(candleOf(openTime, values, of))
  })
  const { records, duplicates } = orderCandles(candles)
  let widened = 0
  for (const candle of records) if (widen(candle)) widened++
  return { candles: records, duplicates, widened }
}

/** Whether the bar's high and low contradicted its open and close. */
function widen(candle: Candle): boolean {
  const { high, low, open, close } = candle
  candle.high = Math.max(high, open, close)
  candle.low = Math.min(low, open, close)
  return candle.high !== high || candle.low !== low
}

/** When the instrument was first traded, in ms since the epoch (negative before 1970), as far as the chart tells. */
export function firstTradeOfChart(json: unknown): EpochMs | undefined {
  const first = (chartResult(json)['meta'] as { firstTradeDate?: unknown } | undefined)?.firstTradeDate
  return typeof first === 'number' ? first * 1000 : undefined
}

function chartResult(json: unknown): Record<string, unknown> {
  const result = (json as { chart?: { result?: unknown } } | null)?.chart?.result
  const first: unknown = Array.isArray(result) ? result[0] : undefined
  if (typeof first !== 'object' || first === null) throw badResponse(`expected a chart, got ${JSON.stringify(json)?.slice(0, 100)}`)
  return first as Record<string, unknown>
}

/** Today's, which may be an hour from that of the bar; sessions are hours away from midnight. */
function gmtOffset(result: Record<string, unknown>): number {
  const offset = (result['meta'] as { gmtoffset?: unknown } | undefined)?.gmtoffset
  if (typeof offset !== 'number') throw badResponse('a chart does not tell the offset of its times (meta.gmtoffset)')
  return offset * 1000
}

function openTimeOf(time: EpochMs, offsetMs: number, { interval, to }: ChartOf): EpochMs {
  if (interval === '1d') return Math.floor((time + offsetMs) / dayMs) * dayMs
  // The price of this moment stands behind the bars, off their grid.
  if (time < to && floorToInterval(time, interval) !== time) throw badResponse(`a bar opens at ${time}, which is not on the ${interval} grid`)
  return time
}

function candleOf(openTime: EpochMs, values: readonly unknown[], { venue, symbol, interval }: ChartOf): Candle {
  const [open, high, low, close, volume] = columns.map((name, k) => decimal(values[k], name)) as [number, number, number, number, number]
  const end = nextOpenTime(openTime, interval)
  return {
    kind: 'candle', venue, symbol, interval, open_time: openTime, open, high, low, close, volume,
    event_time: end, known_time: end + YAHOO_DELAY_MS, backfilled: true,
  }
}
