import {
  countCandles, floorToInterval, formatTimeRange, parseDataType, parseOpenTimeRange, StreamForgeError, type DataType, type TimeRange,
} from '@streamforge/contracts'

/** Above this a queue's key range, certificate and topic become unwieldy: three years of 1s candles. */
export const maxCandlesPerQueue = 100_000_000

export interface ClosedRange extends TimeRange {
  /** Said to the person who asked, when not all of what was asked for is there to load yet. */
  note?: string
}

/** A venue may need a moment to have over REST what has just closed. Without a named end, that moment is waited out. */
const settleMs = 5_000

/**
 * The part of the range that has closed by now: only that can be loaded. Without an end it reaches as far as it can.
 * @throws StreamForgeError BAD_TIME_RANGE when nothing of it has closed, no candle opens within it, or it holds too many
 */
export function closedRange(timeRange: string, type: DataType, now: number): ClosedRange {
  const { from, to = Infinity } = parseOpenTimeRange(timeRange)
  const until = to === Infinity ? now - settleMs : now
  const parsed = parseDataType(type)
  const closed = parsed.content === 'candles' ? floorToInterval(until, parsed.interval) : until
  if (from >= closed) {
    throw badRange(`time_range '${timeRange}' has not closed yet for ${type}: it is ${new Date(now).toISOString()} now`, "end it before now; 'to' is excluded. Data from now on comes with the live types (ws_*)")
  }
  const range = { from, to: Math.min(to, closed) }
  if (parsed.content === 'candles') {
    const candles = countCandles(range, parsed.interval)
    if (candles === 0) throw badRange(`no ${parsed.interval} candle opens within '${timeRange}'`, `make it at least ${parsed.interval} long, from a candle's open time`)
    if (candles > maxCandlesPerQueue) {
      throw badRange(`'${timeRange}' holds ${candles} ${parsed.interval} candles; at most ${maxCandlesPerQueue} fit one workflow`, 'ask for parts of it, one workflow each, or for a longer interval')
    }
  }
  return range.to === to ? range : { ...range, note: `only what has closed is loaded: ${formatTimeRange(range)}` }
}

function badRange(message: string, remedy: string): StreamForgeError {
  return new StreamForgeError('BAD_TIME_RANGE', message, { remedy, details: { errors: [{ field: 'time_range', message: remedy }] } })
}
