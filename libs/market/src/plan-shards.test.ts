import fc from 'fast-check'
import { ceilToInterval, countCandles, dataTypes, MAX_EPOCH_MS, parseDataType } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { estimateQueue } from './estimate-queue.ts'
import { planSegments } from './plan-segments.ts'
import { planShards } from './plan-shards.ts'

const DAY = 86_400_000
const AUGUST = { from: Date.UTC(2022, 7, 1), to: Date.UTC(2023, 0, 1) }
const NOW = Date.UTC(2024, 0, 1)
const ranges = fc.tuple(fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2026, 0) }), fc.integer({ min: 1, max: 400 * DAY }))
  .map(([from, length]) => ({ from, to: Math.min(from + length, MAX_EPOCH_MS) }))
const apiTypes = dataTypes.filter((t) => t.startsWith('api'))

describe('planShards', () => {
  it('covers any range in order without overlap, at open times, with no more shards than asked for', () => {
    fc.assert(fc.property(ranges, fc.constantFrom(...apiTypes), fc.integer({ min: 1, max: 64 }), (range, type, wanted) => {
      const shards = planShards(range, type, { shards: wanted })
      expect(shards.length).toBeLessThanOrEqual(wanted)
      expect(shards[0]!.from).toBe(range.from)
      expect(shards.at(-1)!.to).toBe(range.to)
      const parsed = parseDataType(type)
      for (const [i, shard] of shards.entries()) {
        expect(shard.shard).toBe(i)
        expect(shard.to).toBeGreaterThan(shard.from)
        if (i === 0) continue
        expect(shard.from).toBe(shards[i - 1]!.to)
        if (parsed.content === 'candles') expect(ceilToInterval(shard.from, parsed.interval)).toBe(shard.from)
      }
      if (parsed.content !== 'candles') return
      const { interval } = parsed
      expect(shards.reduce((sum, s) => sum + countCandles(s, interval), 0)).toBe(countCandles(range, interval))
    }), { numRuns: 300 })
  })

  it('keeps small queues whole and cuts large ones at UTC days', () => {
    expect(planShards(AUGUST, 'api_candles_5m')).toEqual([{ shard: 0, ...AUGUST }])
    const shards = planShards(AUGUST, 'api_candles_1m', { maxShards: 8 })
    expect(shards).toHaveLength(3)
    for (const { from } of shards) expect(from % DAY).toBe(0)
  })
})

describe('planSegments', () => {
  const plan = (range: { from: number; to: number }, source: 'auto' | 'rest' | 'archive', content: Parameters<typeof planSegments>[1]['content'], closedBefore = NOW) =>
    planSegments(range, { content, source, pageSize: 1000, closedBefore })

  it('covers any range in order without overlap', () => {
    fc.assert(fc.property(ranges, fc.constantFrom('auto', 'rest', 'archive'), fc.constantFrom('1s', '1m', '5m', '1d', '1w'), fc.boolean(), (range, source, interval, trades) => {
      const segments = plan(range, source, trades ? { kind: 'trades' } : { kind: 'candles', interval })
      expect(segments[0]!.from).toBe(range.from)
      expect(segments.at(-1)!.to).toBe(range.to)
      for (const [i, s] of segments.entries()) if (i > 0) expect(s.from).toBe(segments[i - 1]!.to)
    }))
  })

  it('takes months of minutes and days of trades from files, and what is not closed over REST', () => {
    expect(plan(AUGUST, 'auto', { kind: 'candles', interval: '5m' }).map((s) => s.archive)).toEqual(Array(5).fill('monthly'))
    expect(plan({ from: AUGUST.from, to: AUGUST.from + 2 * DAY }, 'auto', { kind: 'candles', interval: '5m' })).toHaveLength(1)
    const trades = plan({ from: AUGUST.from + DAY / 2, to: AUGUST.from + 3 * DAY }, 'auto', { kind: 'trades' })
    expect(trades.map((s) => s.archive)).toEqual([undefined, 'daily', 'daily'])
    const half = plan(AUGUST, 'archive', { kind: 'candles', interval: '5m' }, Date.UTC(2022, 8, 2, 12))
    expect(half.map((s) => s.archive)).toEqual(['monthly', 'daily', undefined])
  })
})

describe('estimateQueue', () => {
  it('knows the requests, the weight and the records of candles', () => {
    const estimate = estimateQueue('binance', 'api_candles_5m', AUGUST, { shards: 1, source: 'rest', now: NOW })
    expect(estimate).toEqual({ requests: 45 + 2, weight: 45 * 2 + 21, records: 44_064 })
    expect(estimateQueue('binance', 'api_candles_5m', AUGUST, { shards: 1, source: 'auto', now: NOW })).toEqual({ requests: 12, weight: 21, records: 44_064 })
  })

  it('says that it assumes a number of trades', () => {
    const estimate = estimateQueue('coinbase', 'api_trades', AUGUST, { shards: 2, source: 'auto', now: NOW })
    expect(estimate.records).toBeUndefined()
    expect(estimate.note).toMatch(/assumed/)
  })

  it('refuses a venue that it does not know', () => {
    expect(() => estimateQueue('nowhere', 'api_trades', AUGUST, { shards: 1, source: 'auto', now: NOW })).toThrow(/not known/)
  })
})
