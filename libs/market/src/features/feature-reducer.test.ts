import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FeatureRow, featureSets, type BookTicker, type Candle, type Trade } from '@streamforge/contracts'
import { FeatureReducer, type FeatureInput, type FeatureOptions } from './feature-reducer.ts'
import { readFeatureState } from './feature-state.ts'
import { candleAt, makeRecords, minute, quoteAt, start, symbol, tradeAt, venue, type MadeRecords } from './feature-records.test-support.ts'

const options = (bars: number, more: Partial<FeatureOptions> = {}): FeatureOptions => ({
  venue, symbol, interval: '1m', range: { from: start, to: start + bars * minute }, trades: true, quotes: true, articles: false, ...more,
})
const names = featureSets.bars_v1
type Name = (typeof names)[number]
const valueOf = (row: FeatureRow, name: Name) => row.values[names.indexOf(name)]

function rowsOf(records: Iterable<FeatureInput>, given: FeatureOptions): FeatureRow[] {
  const reducer = new FeatureReducer(given)
  const rows: FeatureRow[] = []
  for (const record of records) rows.push(...reducer.step(record))
  return [...rows, ...reducer.closeThrough(given.range.to)]
}

const rank = { candle: 0, trade: 1, book_ticker: 1, article: 1 } as const
/** One stream after another in the order of event times, as a batch reads them: streams stay in their own order. */
function merged({ candles, trades, quotes }: MadeRecords): FeatureInput[] {
  const streams: FeatureInput[][] = [[...candles], [...trades], [...quotes]]
  const all: FeatureInput[] = []
  for (;;) {
    const heads = streams.filter((stream) => stream.length > 0)
    if (heads.length === 0) return all
    heads.sort((a, b) => a[0]!.event_time - b[0]!.event_time || rank[a[0]!.kind] - rank[b[0]!.kind])
    all.push(heads[0]!.shift()!)
  }
}

/** Any order that keeps each stream's own. */
function interleaved(records: MadeRecords, choices: readonly number[]): FeatureInput[] {
  const streams: FeatureInput[][] = [[...records.candles], [...records.trades], [...records.quotes]]
  const all: FeatureInput[] = []
  for (let i = 0; ; i++) {
    const left = streams.filter((stream) => stream.length > 0)
    if (left.length === 0) return all
    all.push(left[(choices[i % choices.length]! + i) % left.length]!.shift()!)
  }
}

describe('the same numbers whatever the way', () => {
  const bars = 120
  const made = fc.record({ seed: fc.nat(1000), without: fc.subarray([5, 6, 60, 90], { minLength: 0 }), plain: fc.boolean() })
    .map((given) => makeRecords({ bars, ...given }))

  it('any order of streams that arrive beside each other', () => {
    fc.assert(fc.property(made, fc.array(fc.nat(2), { minLength: 3, maxLength: 60 }), (records, choices) => {
      expect(rowsOf(interleaved(records, choices), options(bars))).toEqual(rowsOf(merged(records), options(bars)))
    }), { numRuns: 40 })
  })

  it('stored and read back anywhere, and given what it has seen once more', () => {
    fc.assert(fc.property(made, fc.array(fc.nat(800), { maxLength: 8 }), fc.nat(40), (records, cuts, again) => {
      const input = merged(records)
      let reducer = new FeatureReducer(options(bars))
      const rows: FeatureRow[] = []
      input.forEach((record, i) => {
        rows.push(...reducer.step(record))
        if (!cuts.includes(i)) return
        reducer = new FeatureReducer(options(bars), readFeatureState(JSON.parse(JSON.stringify(reducer.state))))
        for (const seen of input.slice(Math.max(0, i - again), i + 1)) expect(reducer.step(seen)).toEqual([])
      })
      expect([...rows, ...reducer.closeThrough(start + bars * minute)]).toEqual(rowsOf(input, options(bars)))
      expect(reducer.late).toBe(0)
    }), { numRuns: 40 })
  })

  it('nothing that comes later changes a row', () => {
    fc.assert(fc.property(made, fc.integer({ min: 1, max: bars - 1 }), fc.double({ min: 0.5, max: 2, noNaN: true }), (records, bar, factor) => {
      const until = start + bar * minute
      const other: MadeRecords = {
        candles: records.candles.map((c) => (c.open_time < until ? c : { ...c, close: c.close * factor, high: c.high * factor * 2, volume: c.volume + 1 })),
        trades: records.trades.map((t) => (t.event_time < until ? t : { ...t, quantity: 7, buyer_maker: !t.buyer_maker })),
        quotes: records.quotes.map((q) => (q.event_time < until ? q : { ...q, bid_quantity: '9' })),
      }
      const past = (rows: FeatureRow[]) => rows.filter((row) => row.event_time <= until)
      const rows = past(rowsOf(merged(records), options(bars)))
      expect(rows.length).toBeGreaterThan(0)
      expect(past(rowsOf(merged(other), options(bars)))).toEqual(rows)
    }), { numRuns: 40 })
  })

  it('every row fits its contract, says nothing that was not known, and survives JSON', () => {
    fc.assert(fc.property(made, (records) => {
      for (const row of rowsOf(merged(records), options(bars))) {
        expect(FeatureRow.parse(JSON.parse(JSON.stringify(row)))).toEqual(row)
        expect(row.known_time).toBeGreaterThanOrEqual(row.event_time)
      }
    }), { numRuns: 10 })
  })
})

describe('values', () => {
  const records = makeRecords({ bars: 100, seed: 7 })
  const rows = rowsOf(merged(records), options(100))
  const at = (bar: number, name: Name) => valueOf(rows[bar]!, name)
  const { candles } = records

  it('are those of their formulas', () => {
    expect(rows.map((row) => row.open_time)).toEqual(candles.map((c) => c.open_time))
    const close = candles.map((c) => c.close)
    const returns = close.map((c, i) => (i === 0 ? 0 : Math.log(c / close[i - 1]!)))
    for (const k of [1, 3, 6, 12, 48] as const) expect(at(70, `return_${k}`)).toBeCloseTo(Math.log(close[70]! / close[70 - k]!), 12)
    for (const k of [12, 48] as const) {
      expect(at(70, `volatility_${k}`)).toBeCloseTo(Math.sqrt(returns.slice(71 - k, 71).reduce((sum, r) => sum + r * r, 0)), 12)
    }
    const volumes = candles.slice(23, 71).map((c) => c.volume)
    const mean = volumes.reduce((a, b) => a + b) / 48
    const deviation = Math.sqrt(volumes.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 48)
    expect(at(70, 'volume_zscore_48')).toBeCloseTo((candles[70]!.volume - mean) / deviation, 9)
    expect(at(70, 'trade_imbalance')).toBeCloseTo(0.2, 12)
    expect(at(70, 'vwap_distance')).toBeCloseTo(-Math.log(1.0002), 12)
    expect(at(70, 'range')).toBeCloseTo(0.002, 12)
    expect(at(70, 'spread_bps')).toBeCloseTo(200 / close[70]!, 9)
    expect(at(70, 'book_imbalance')).toBe(0.5)
    expect(at(70, 'sentiment')).toBeNull()
    expect(at(70, 'article_count')).toBeNull()
  })

  it('are not available before there are bars enough', () => {
    const first = (name: Name) => rows.findIndex((row) => valueOf(row, name) !== null)
    const warmUp: Partial<Record<Name, number>> = {
      return_1: 1, return_48: 48, volatility_12: 12, volatility_48: 48, volume_zscore_48: 47, trade_count_zscore_48: 47, rsi_14: 14, macd: 25,
      macd_signal: 33, macd_histogram: 33, bollinger_width: 19, atr_14: 14, range: 0, trade_imbalance: 0, hour_sin: 0,
    }
    for (const [name, bar] of Object.entries(warmUp)) expect(first(name as Name), name).toBe(bar)
  })

  it('tell the hour and the day of the end of the bar', () => {
    // 2024-08-01 was a Thursday.
    const quarter = rowsOf([candleAt(6 * 60 - 1, 100)], options(1e6))[0]!
    expect(valueOf(quarter, 'hour_sin')).toBeCloseTo(1, 12)
    expect(valueOf(quarter, 'hour_cos')).toBeCloseTo(0, 12)
    expect(valueOf(quarter, 'weekday_sin')).toBeCloseTo(Math.sin((2 * Math.PI * 3) / 7), 12)
    const monday = rowsOf([candleAt(4 * 24 * 60, 100)], options(1e6))[0]!
    expect(valueOf(monday, 'weekday_sin')).toBe(0)
    expect(valueOf(monday, 'weekday_cos')).toBe(1)
  })

  it('of a series that does not move are 0 or in the middle, never NaN', () => {
    const flat = Array.from({ length: 60 }, (_, bar) => candleAt(bar, 100, { high: 100, low: 100, volume: 5 }))
    const row = rowsOf(flat, options(60, { trades: false, quotes: false })).at(-1)!
    const zero: Name[] = ['return_48', 'volatility_48', 'volume_zscore_48', 'trade_count_zscore_48', 'macd', 'macd_signal', 'macd_histogram', 'bollinger_width', 'atr_14', 'range']
    for (const name of zero) expect(valueOf(row, name), name).toBe(0)
    expect(valueOf(row, 'rsi_14')).toBe(50)
    expect(valueOf(row, 'bollinger_percent_b')).toBe(0.5)
  })

  it('of a bar without any trade are 0', () => {
    const still = candleAt(0, 100, { volume: 0 })
    const [row] = rowsOf([still], options(1, { trades: false, quotes: false }))
    expect([valueOf(row!, 'trade_imbalance'), valueOf(row!, 'vwap_distance')]).toEqual([0, 0])
  })

  it('after a price of nothing begin anew', () => {
    const candles = Array.from({ length: 80 }, (_, bar) => candleAt(bar, bar === 60 ? 0 : 100 + bar))
    const rows = rowsOf(candles, options(80, { trades: false, quotes: false }))
    expect(rows.every((row) => row.values.every((v) => v === null || Number.isFinite(v)))).toBe(true)
    expect(valueOf(rows[60]!, 'return_1')).toBeNull()
    expect(valueOf(rows[61]!, 'return_1')).toBeNull()
    expect(valueOf(rows[62]!, 'return_1')).not.toBeNull()
  })
})

describe('gaps', () => {
  it('take everything that would span them', () => {
    const rows = rowsOf(makeRecords({ bars: 130, seed: 3, without: [60] }).candles, options(130, { trades: false, quotes: false }))
    expect(rows).toHaveLength(129)
    const row = (bar: number) => rows.find((r) => r.open_time === start + bar * minute)!
    expect(valueOf(row(59), 'return_48')).not.toBeNull()
    expect(valueOf(row(61), 'return_1')).toBeNull()
    expect(valueOf(row(61), 'rsi_14')).toBeNull()
    expect(valueOf(row(62), 'return_1')).not.toBeNull()
    expect(valueOf(row(108), 'return_48')).toBeNull()
    expect(valueOf(row(109), 'return_48')).not.toBeNull()
  })
})

describe('trades', () => {
  const plain: Partial<Candle> = { quote_volume: undefined, trade_count: undefined, taker_buy_volume: undefined, known_time: start + minute }
  const trades: Trade[] = [
    tradeAt(1, start + 1_000, 100, false, 3), { ...tradeAt(2, start + 2_000, 102, true, 1), first_trade_id: 10, last_trade_id: 14 }, tradeAt(3, start + 62_000, 100, true),
  ]

  it('tell what a candle does not, and when it was known', () => {
    const [row] = rowsOf([...trades, candleAt(0, 101, plain)], options(1, { quotes: false }))
    expect(valueOf(row!, 'trade_imbalance')).toBe(0.5)
    expect(valueOf(row!, 'vwap_distance')).toBeCloseTo(Math.log(101 / 100.5), 12)
    expect(row!.known_time).toBe(start + minute)
    const refilled = trades.map((trade) => (trade.trade_id === 2 ? { ...trade, known_time: start + 9 * minute } : trade))
    expect(rowsOf([...refilled, candleAt(0, 101, plain)], options(1, { quotes: false }))[0]!.known_time).toBe(start + 9 * minute)
    // A candle that tells all itself has no need of them.
    expect(rowsOf([...refilled, candleAt(0, 101)], options(1, { quotes: false }))[0]!.known_time).toBe(start + minute + 2_000)
  })

  it('that nobody reads leave what needs them out', () => {
    const [row] = rowsOf([candleAt(0, 101, plain)], options(1, { trades: false, quotes: false }))
    expect([valueOf(row!, 'trade_imbalance'), valueOf(row!, 'vwap_distance'), valueOf(row!, 'trade_count_zscore_48')]).toEqual([null, null, null])
  })

  it('are waited for until one of them lies a second past the end of the bar', () => {
    const reducer = new FeatureReducer(options(10, { quotes: false }))
    expect(reducer.step(candleAt(0, 100))).toEqual([])
    expect(reducer.waitingFor).toBe(start + minute)
    expect(reducer.step(tradeAt(1, start + minute + 999, 100, true))).toEqual([])
    expect(reducer.step(tradeAt(2, start + minute - 1, 100, true))).toEqual([])
    expect(reducer.late).toBe(0)
    expect(reducer.step(tradeAt(3, start + minute + 1_000, 100, true))).toHaveLength(1)
    expect(reducer.waitingFor).toBeUndefined()
    expect(reducer.step(tradeAt(4, start + minute - 1, 100, true))).toEqual([])
    expect(reducer.late).toBe(1)
  })

  it('that come after a bar was closed change nothing and are counted', () => {
    const reducer = new FeatureReducer(options(10, { quotes: false }))
    reducer.step(candleAt(0, 100, plain))
    const [row] = reducer.closeThrough(start + minute)
    expect(valueOf(row!, 'trade_imbalance')).toBe(0)
    expect(reducer.step(tradeAt(1, start + 5, 100, false))).toEqual([])
    expect(reducer.late).toBe(1)
    expect(reducer.step(tradeAt(1, start + 5, 100, false))).toEqual([])
    expect(reducer.late).toBe(1)
  })
})

it('takes the last quote of a bar, and none of another bar', () => {
  const quotes: BookTicker[] = [quoteAt(1, start + 10, 100), { ...quoteAt(2, start + 20, 200), bid_quantity: '1', ask_quantity: '3' }]
  const rows = rowsOf([...quotes, candleAt(0, 100), candleAt(1, 100)], options(2, { trades: false }))
  expect(valueOf(rows[0]!, 'book_imbalance')).toBe(-0.5)
  expect(valueOf(rows[0]!, 'spread_bps')).toBeCloseTo(1, 9)
  expect(valueOf(rows[1]!, 'spread_bps')).toBeNull()
})

it('counts an article from when it was known, for a day', () => {
  const day = 1440
  const article = (article_id: string, score: number, published: number, known: number) =>
    ({ kind: 'article', symbol, article_id, score, event_time: start + published, known_time: start + known }) as const
  const given: FeatureInput[] = [article('a', 1, 0, 0), article('b', -0.5, 0, 90_000), article('b', -0.5, 0, 90_000)]
  for (let bar = 0; bar <= day; bar++) given.push(candleAt(bar, 100))
  const rows = rowsOf(given, options(day + 1, { trades: false, quotes: false, articles: true }))
  expect([valueOf(rows[0]!, 'sentiment'), valueOf(rows[0]!, 'article_count')]).toEqual([1, 1])
  expect([valueOf(rows[1]!, 'sentiment'), valueOf(rows[1]!, 'article_count')]).toEqual([0.25, 2])
  expect([valueOf(rows[day]!, 'sentiment'), valueOf(rows[day]!, 'article_count')]).toEqual([-0.5, 1])
  expect(rowsOf([candleAt(0, 1)], options(1, { trades: false, quotes: false, articles: true }))[0]!.values.slice(-2)).toEqual([null, null])
})

it('tells a day without articles from news that is not read', () => {
  const given: FeatureInput[] = [
    { kind: 'article', symbol, article_id: 'a', score: 1, event_time: start, known_time: start + 90_000 }, ...Array.from({ length: 1444 }, (_, bar) => candleAt(bar, 100)),
  ]
  const rows = rowsOf(given, options(1444, { trades: false, quotes: false, articles: true }))
  expect(valueOf(rows[0]!, 'article_count')).toBeNull()
  expect(valueOf(rows[1]!, 'article_count')).toBe(1)
  expect([valueOf(rows.at(-1)!, 'article_count'), valueOf(rows.at(-1)!, 'sentiment')]).toEqual([0, null])
})

it('lets no article speak before it was known, in whatever order articles come', () => {
  const bars = 60
  fc.assert(fc.property(
    fc.array(fc.record({ id: fc.integer({ min: 0, max: 40 }), score: fc.double({ min: -1, max: 1, noNaN: true }), published: fc.integer({ min: -100_000_000, max: bars * 60_000 }), delay: fc.integer({ min: 0, max: 1_000_000 }) }), { maxLength: 25 }),
    fc.integer({ min: 0, max: bars - 1 }), fc.integer({ min: 0, max: 1_000_000 }),
    (drawn, cut, seed) => {
      const byId = new Map(drawn.map(({ id, score, published, delay }) => [id, {
        kind: 'article', symbol, article_id: `id-${id}`, score, event_time: start + published, known_time: start + published + delay,
      } as const]))
      const articles = [...byId.values()]
      const candles = Array.from({ length: bars }, (_, bar) => candleAt(bar, 100 + bar))
      const given = options(bars, { trades: false, quotes: false, articles: true })
      const all = rowsOf([...articles, ...candles], given)
      // Shuffled, and each only just before the bar that it first counts in.
      const late = candles.flatMap((candle) => [
        ...articles.filter(({ event_time, known_time }) => Math.max(event_time, known_time) < candle.event_time && Math.max(event_time, known_time) >= candle.event_time - 60_000)
          .sort((a, b) => (Number(a.article_id.slice(3)) * 7919 + seed) % 101 - (Number(b.article_id.slice(3)) * 7919 + seed) % 101), candle,
      ])
      const early = articles.filter(({ event_time, known_time }) => Math.max(event_time, known_time) < start)
      expect(rowsOf([...early, ...late], given)).toEqual(all)
      // The future does not change the past.
      const end = candles[cut]!.event_time
      const known = articles.filter(({ event_time, known_time }) => Math.max(event_time, known_time) < end)
      expect(rowsOf([...known, ...candles], given).slice(0, cut + 1)).toEqual(all.slice(0, cut + 1))
    },
  ), { numRuns: 60 })
})

it('gives no rows where there are no candles', () => {
  expect(rowsOf(makeRecords({ bars: 10, seed: 1 }).trades, options(10))).toEqual([])
})

it('does not take a state of another form', () => {
  expect(readFeatureState({ form: 'bars_v0' })).toBeUndefined()
  expect(readFeatureState(null)).toBeUndefined()
})
