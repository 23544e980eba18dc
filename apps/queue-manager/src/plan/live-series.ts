import { parseDataType, parseOpenTimeRange, StreamForgeError, type DataType, type OpenTimeRange } from '@streamforge/contracts'

/** The history that a live type continues, with the same records; an order book has none. */
export function historyOf(type: DataType): DataType | undefined {
  const parsed = parseDataType(type)
  if (parsed.source !== 'ws' || parsed.content === 'orderbook') return undefined
  return parsed.content === 'trades' ? 'api_trades' : `api_candles_${parsed.interval}`
}

/** The live type that continues a history. */
export function liveOf(type: DataType): DataType | undefined {
  const parsed = parseDataType(type)
  if (parsed.source !== 'api') return undefined
  return parsed.content === 'trades' ? 'ws_trades' : `ws_candles_${parsed.interval}`
}

/** @throws StreamForgeError BAD_TIME_RANGE when it is over already */
export function liveRange(timeRange: string, type: DataType, now: number): OpenTimeRange {
  const range = parseOpenTimeRange(timeRange)
  if (range.to === undefined || range.to > now) return range
  const remedy = `end it after now, or not at all ('from:'); what is over comes with ${historyOf(type) ?? 'the types api_*'}`
  throw new StreamForgeError('BAD_TIME_RANGE', `time_range '${timeRange}' is over, and ${type} is live`, {
    remedy, details: { errors: [{ field: 'time_range', message: remedy }] },
  })
}
