import {
  ceilToInterval, countCandles, intervalLengths, parseDataType, type DataType, type EpochMs, type Shard, type TimeRange,
} from '@streamforge/contracts'

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000
/** Below this a second shard costs more in start-up requests than it saves: one shard keeps several requests in flight anyway. */
const CANDLES_A_SHARD = 100_000
const TRADES_SPAN_A_SHARD = DAY
const DEFAULT_MAX_SHARDS = 4

/**
 * Cuts a range into shards that cover it in order without overlap, at UTC days where they are long enough, otherwise at hours,
 * minutes or seconds; for candles always at open times. Fewer than asked for when there is less to share out.
 * @throws StreamForgeError UNKNOWN_TYPE
 */
export function planShards(range: TimeRange, type: DataType, options: { shards?: number; maxShards?: number } = {}): Shard[] {
  const parsed = parseDataType(type)
  const maxShards = options.maxShards ?? DEFAULT_MAX_SHARDS
  const wanted = options.shards ?? Math.min(maxShards, parsed.content === 'candles'
    ? Math.ceil(countCandles(range, parsed.interval) / CANDLES_A_SHARD)
    : Math.ceil((range.to - range.from) / TRADES_SPAN_A_SHARD))
  const length = (range.to - range.from) / Math.max(1, wanted)
  const unit = [DAY, HOUR, MINUTE, SECOND].find((u) => u <= length) ?? 1
  const align = (time: EpochMs) => {
    const rounded = Math.round(time / unit) * unit
    if (parsed.content !== 'candles') return rounded
    const interval = intervalLengths[parsed.interval]
    return interval !== undefined && unit % interval === 0 ? rounded : ceilToInterval(rounded, parsed.interval)
  }
  const shards: Shard[] = []
  let from = range.from
  for (let i = 1; i < wanted; i++) {
    const to = align(range.from + length * i)
    if (to <= from || to >= range.to) continue
    shards.push({ shard: shards.length, from, to })
    from = to
  }
  shards.push({ shard: shards.length, from, to: range.to })
  return shards
}
