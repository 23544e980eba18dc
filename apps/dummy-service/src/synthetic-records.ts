import {
  type Assignment, ceilToInterval, type MarketRecord, nextOpenTime, parseDataType, parseTimeRange, StreamForgeError,
} from '@streamforge/contracts'

/** Up to `count` plain records of the assignment's series, in order, from the start of its range: the same every time. */
export function* syntheticRecords(assignment: Assignment, count: number): Generator<MarketRecord> {
  const { venue, symbol, type, time_range } = assignment
  const parsed = parseDataType(type)
  const range = parseTimeRange(time_range)
  const price = (index: number) => 100 + (index % 50)
  const base = { venue, symbol, backfilled: true }
  if (parsed.content === 'candles') {
    let open_time = ceilToInterval(range.from, parsed.interval)
    for (let index = 0; index < count && open_time < range.to; index++) {
      const end = nextOpenTime(open_time, parsed.interval)
      const open = price(index)
      yield {
        kind: 'candle', ...base, interval: parsed.interval, open_time, open, high: open + 2, low: open - 2, close: open + 1, volume: 1 + index % 7,
        event_time: end, known_time: end,
      }
      open_time = end
    }
  } else if (parsed.content === 'trades') {
    for (let index = 0; index < count; index++) {
      const time = range.from + Math.floor(index * (range.to - range.from) / count)
      yield {
        kind: 'trade', ...base, trade_id: index + 1, price: price(index), quantity: 0.5, buyer_maker: index % 2 === 0, event_time: time, known_time: time,
      }
    }
  } else {
    throw new StreamForgeError('UNKNOWN_TYPE', `there are no synthetic records of type '${type}', expected candles or trades`)
  }
}
