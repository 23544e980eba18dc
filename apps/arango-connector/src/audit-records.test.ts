import { createHash } from 'node:crypto'
import { type Candle, canonicalLine, type Gap, recordKey, type Trade } from '@streamforge/contracts'
import type { StoredDocument } from '@streamforge/store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startAudit } from './audit-records.ts'
import type { Dataset } from './dataset.ts'

const start = Date.UTC(2024, 7, 1)
const step = 300_000
const base = { queueId: 'queue-1', venue: 'binance', symbol: 'BTCUSDT', shards: 1 }
const candles = (count: number): Dataset => ({
  ...base, live: false, type: 'api_candles_5m', unit: 'candles', interval: '5m', range: { from: start, to: start + count * step },
})
const trades: Dataset = { ...base, live: false, type: 'api_trades', unit: 'trades', range: { from: start, to: start + 86_400_000 } }

const candle = (index: number): Candle => ({
  kind: 'candle', venue: 'binance', symbol: 'BTCUSDT', interval: '5m', open_time: start + index * step, open: 1.5, high: 2, low: 1,
  close: 1.25, volume: index, event_time: start + (index + 1) * step, known_time: start + (index + 1) * step, backfilled: true,
})
const trade = (id: number, time = start + id * 10): Trade => ({
  kind: 'trade', venue: 'binance', symbol: 'BTCUSDT', trade_id: id, price: 60_000.1, quantity: 0.001, buyer_maker: id % 2 === 0,
  event_time: time, known_time: time, backfilled: true,
})
const gap = (from: number, to: number, missing: number, cause: Gap['cause'] = 'exchange'): Gap => ({
  kind: 'gap', queue_id: 'queue-1', venue: 'binance', symbol: 'BTCUSDT', type: 'api_candles_5m', from, to, missing, cause, checked_at: to,
})
const candleGap = (first: number, end: number, cause?: Gap['cause']) => gap(start + first * step, start + end * step, end - first, cause)
const stored = (record: Candle | Trade): StoredDocument => ({ _key: recordKey(record), ...record })

function audit(dataset: Dataset, documents: StoredDocument[], gaps: Gap[] = [], ids?: { first: number; last: number }) {
  const reading = startAudit(dataset, gaps, ids)
  for (let i = 0; i < documents.length; i += 7) reading.add(documents.slice(i, i + 7))
  return reading.finish()
}

describe('auditing candles', () => {
  it('agrees with a model that looks at every place of the grid', () => {
    const places = 60
    const place = fc.constantFrom('stored', 'stored', 'stored', 'gap', 'unconfirmed', 'missing')
    fc.assert(fc.property(fc.array(place, { minLength: places, maxLength: places }), fc.integer({ min: 1, max: 9 }), (states, width) => {
      const documents = states.flatMap((state, i) => state === 'stored' ? [stored(candle(i))] : [])
      // Gaps as a loader makes them: runs of one kind, cut into parts of at most `width`.
      const gaps = states.flatMap((state, i) => state === 'gap' || state === 'unconfirmed'
        ? [candleGap(i, i + 1, state === 'gap' ? 'exchange' : 'unconfirmed')] : [])
      const merged = gaps.reduce<Gap[]>((sum, next) => {
        const last = sum.at(-1)
        const fits = last && last.to === next.from && last.cause === next.cause && last.missing < width
        return fits ? [...sum.slice(0, -1), { ...last, to: next.to, missing: last.missing + 1 }] : [...sum, next]
      }, [])
      const result = audit(candles(places), documents, merged)
      const count = (wanted: string) => states.filter((state) => state === wanted).length
      expect(result).toMatchObject({
        stored: count('stored'), missingAtSource: count('gap'), lost: count('missing') + count('unconfirmed'), foreign: 0, expected: places,
      })
      const inHoles = result.holes.flatMap((hole) => states
        .map((state, i) => ({ state, time: start + i * step }))
        .filter(({ time }) => time >= hole.from && time < hole.to)
        .map(({ state }) => ({ state, cause: hole.cause })))
      const causes: Record<string, string> = { gap: 'exchange', unconfirmed: 'unconfirmed', missing: 'lost' }
      expect(inHoles.map(({ cause }) => cause)).toEqual(inHoles.map(({ state }) => causes[state]))
      expect(inHoles).toHaveLength(places - count('stored'))
    }))
  })

  it('hashes the canonical lines in order', () => {
    const records = [0, 1, 2, 3].map(candle)
    const text = records.map((record) => `${canonicalLine(record)}\n`).join('')
    expect(audit(candles(4), records.map(stored)).checksum).toBe(`sha256:${createHash('sha256').update(text).digest('hex')}`)
  })

  it.each([
    ['another symbol', { ...stored(candle(1)), symbol: 'ETHUSDT' }],
    ['another venue', { ...stored(candle(1)), venue: 'coinbase' }],
    ['off the grid', { ...stored(candle(1)), open_time: start + step + 1, _key: `BTCUSDT_5m_${start + step + 1}` }],
    ['under a key that is not its own', { ...stored(candle(1)), _key: `BTCUSDT_5m_${start + step}0` }],
    ['not a record', { _key: `BTCUSDT_5m_${start + step}`, hello: 'world' }],
  ])('calls a document foreign that is %s', (_, document) => {
    const result = audit(candles(3), [stored(candle(0)), document, stored(candle(2))])
    expect(result).toMatchObject({ foreign: 1, stored: 2, lost: 1 })
  })

  it('keeps the first 1000 holes and counts all', () => {
    const result = audit(candles(5000), Array.from({ length: 2500 }, (_, i) => stored(candle(i * 2))))
    expect(result).toMatchObject({ holeCount: 2500, lost: 2500 })
    expect(result.holes).toHaveLength(1000)
  })

  it('explains many holes by many gaps without looking at every pair', () => {
    const odd = Array.from({ length: 100_000 }, (_, i) => i * 2 + 1)
    const documents = odd.map((i) => stored(candle(i - 1)))
    expect(audit(candles(200_000), documents, odd.map((i) => candleGap(i, i + 1)))).toMatchObject({ missingAtSource: 100_000, lost: 0 })
  })

  it('expects nothing of a range without an open time', () => {
    const dataset: Dataset = { ...candles(1), range: { from: start + 1, to: start + step - 1 } }
    expect(audit(dataset, [])).toMatchObject({ expected: 0, stored: 0, lost: 0 })
  })
})

describe('auditing trades', () => {
  it('proves a set whole whose ids run without a hole from end to end', () => {
    const result = audit(trades, [5, 6, 7, 8].map((id) => stored(trade(id))), [], { first: 5, last: 8 })
    expect(result).toMatchObject({ stored: 4, expected: 4, lost: 0, holeCount: 0, firstTradeId: 5, lastTradeId: 8 })
  })

  it('finds missing ids inside and at both ends', () => {
    const result = audit(trades, [6, 7, 10].map((id) => stored(trade(id))), [], { first: 4, last: 12 })
    expect(result).toMatchObject({ stored: 3, expected: 9, lost: 6, holeCount: 3 })
    expect(result.holes.map((hole) => hole.missing)).toEqual([2, 2, 2])
  })

  it('takes gaps between two trades as the explanation, as far as they count', () => {
    const documents = [5, 6, 10, 20].map((id) => stored(trade(id)))
    const gaps = [gap(start + 60, start + 100, 3), gap(start + 100, start + 200, 4)]
    expect(audit(trades, documents, gaps, { first: 5, last: 20 })).toMatchObject({ missingAtSource: 7, lost: 5, expected: 16 })
  })

  it('shares one gap among holes that begin at the same instant', () => {
    const documents = [stored(trade(5, start + 10)), stored(trade(8, start + 10)), stored(trade(11, start + 90))]
    expect(audit(trades, documents, [gap(start + 10, start + 90, 4)], { first: 5, last: 11 })).toMatchObject({ missingAtSource: 4, lost: 0 })
  })

  it('agrees with a model that looks at every id', () => {
    const state = fc.constantFrom('stored', 'stored', 'gap', 'missing')
    const time = fc.integer({ min: 0, max: 3 })
    fc.assert(fc.property(fc.array(fc.tuple(state, time), { minLength: 1, maxLength: 50 }), (ids) => {
      let now = start
      const rows = ids.map(([kind, later], id) => ({ kind, id, time: now += later }))
      const documents = rows.filter((row) => row.kind === 'stored').map((row) => stored(trade(row.id, row.time)))
      // One gap for what the venue lacks between two stored trades; holes after the same instant share their gap's key.
      const gaps = new Map<number, Gap>()
      let previous = start
      for (const row of rows) {
        if (row.kind === 'stored') previous = row.time
        if (row.kind !== 'gap') continue
        const next = rows.find((other) => other.id > row.id && other.kind === 'stored')?.time ?? trades.range.to
        gaps.set(previous, gap(previous, Math.max(next, previous + 1), (gaps.get(previous)?.missing ?? 0) + 1))
      }
      const result = audit(trades, documents, [...gaps.values()], { first: 0, last: ids.length - 1 })
      const count = (wanted: string) => rows.filter((row) => row.kind === wanted).length
      expect(result).toMatchObject({ stored: count('stored'), missingAtSource: count('gap'), lost: count('missing'), expected: ids.length })
    }))
  })
})

describe('auditing candles of stocks', () => {
  const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
  const venue = 'yahoo'
  const stocks: Dataset = { ...base, venue, live: false, type: 'api_candles_1d', unit: 'candles', interval: '1d', range: { from: day('2024-06-29'), to: day('2024-07-14') } }
  const daily = (text: string): StoredDocument => stored({ ...candle(0), venue, interval: '1d', open_time: day(text), event_time: day(text) + 86_400_000, known_time: day(text) + 86_400_000 })
  const sessions = ['2024-07-01', '2024-07-02', '2024-07-03', '2024-07-05', '2024-07-08', '2024-07-09', '2024-07-10', '2024-07-11', '2024-07-12']

  it('expects them on days of trading only', () => {
    expect(audit(stocks, sessions.map(daily))).toMatchObject({ expected: 9, stored: 9, missingAtSource: 0, lost: 0, foreign: 0, holeCount: 0, holes: [] })
  })

  it('loses a day of trading that is not there, unless the venue lacks it', () => {
    const documents = sessions.filter((date) => date !== '2024-07-08').map(daily)
    expect(audit(stocks, documents)).toMatchObject({ expected: 9, stored: 8, lost: 1, holes: [{ missing: 1, cause: 'lost' }] })
    const explained = { ...gap(day('2024-07-06'), day('2024-07-09'), 1), venue, type: 'api_candles_1d' as const }
    expect(audit(stocks, documents, [explained])).toMatchObject({ expected: 9, stored: 8, lost: 0, missingAtSource: 1, holeCount: 1 })
  })

  it('takes a bar of a day without trading for what it is: stored, and one more than expected', () => {
    expect(audit(stocks, [...sessions.slice(0, 3), '2024-07-04', ...sessions.slice(3)].map(daily))).toMatchObject({ expected: 10, stored: 10, lost: 0, foreign: 0 })
  })
})
