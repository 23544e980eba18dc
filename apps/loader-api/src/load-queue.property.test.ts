import fc from 'fast-check'
import type { Checkpoint, Gap, MarketRecord, Shard } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import type { Fault, FakeRequest } from './fake-binance.ts'
import { FIVE_MINUTES, fakeCandles, fakeTrades, runLoader, START, type Scenario } from './loader-scenario.ts'
import { recordingTopic, type RecordingTopic } from './recording-topic.ts'

/** Whatever the venue and the bus do, and wherever the loader dies, what is on the topic in the end is the source. */
const scenario = fc.record({
  length: fc.integer({ min: 1, max: 4000 }),
  holes: fc.array(fc.record({ at: fc.integer({ min: 0, max: 4000 }), length: fc.integer({ min: 1, max: 1500 }) }), { maxLength: 4 }),
  cuts: fc.array(fc.integer({ min: 1, max: 3999 }), { maxLength: 3 }),
  partitions: fc.integer({ min: 1, max: 3 }),
  /** Which of the next requests fail, and how; taken one by one. */
  faults: fc.array(fc.constantFrom('none', 'none', 'none', '500', '429', 'cut', 'truncated', 'twice', 'reversed', 'missing'), { minLength: 20, maxLength: 60 }),
  /** Publishes after which the bus refuses one, attempt by attempt; then it stays. */
  crashes: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }),
  /** True: the newest checkpoint got lost, the one before it is used. */
  staleCheckpoints: fc.boolean(),
})
type Plan = typeof scenario extends fc.Arbitrary<infer T> ? T : never

const isHole = (plan: Plan) => (i: number) => plan.holes.some((h) => i >= h.at && i < h.at + h.length)

function faultPlan(faults: readonly string[]): (request: FakeRequest) => Fault | undefined {
  let next = 0
  const halved = new Set<string>()
  return ({ path, query }) => {
    const name = faults[next++ % faults.length]!
    if (!path.endsWith('klines') && !path.endsWith('aggTrades')) return undefined
    switch (name) {
      case '500': return { kind: 'status', status: 500 }
      case '429': return { kind: 'status', status: 429, headers: { 'retry-after': '0' } }
      case 'cut': return { kind: 'cut' }
      case 'truncated': return { kind: 'truncated' }
      case 'twice': return { kind: 'rows', change: (rows) => rows.flatMap((row) => [row, row]) }
      case 'reversed': return { kind: 'rows', change: (rows) => rows.toReversed() }
      case 'missing': {
        // A venue that answers one question badly, not the same one for ever.
        const question = query.toString()
        if (halved.has(question) || Number(query.get('limit')) < 2) return undefined
        halved.add(question)
        return { kind: 'rows', change: (rows) => rows.filter((_, i) => i % 7 !== 3) }
      }
      default: return undefined
    }
  }
}

async function runToTheEnd(plan: Plan, base: Pick<Scenario, 'type' | 'venue' | 'range' | 'shards'>): Promise<RecordingTopic> {
  const crashes = [...plan.crashes]
  let publishes = 0
  const topic = recordingTopic({ partitions: plan.partitions, refuse: () => crashes.length > 0 && ++publishes >= crashes[0]! })
  let checkpoint: Checkpoint = []
  for (let attempt = 1; attempt <= 10; attempt++) {
    publishes = 0
    const reported: Checkpoint[] = []
    const venue = { ...base.venue, fault: faultPlan(plan.faults) }
    const { error } = await runLoader({ ...base, venue, topic, checkpoint, attempt, onProgress: (p) => reported.push(structuredClone(p.checkpoint!)) })
    if (error === undefined) return topic
    expect(error).toMatchObject({ message: 'the bus went away' })
    crashes.shift()
    checkpoint = reported.at(plan.staleCheckpoints ? -2 : -1) ?? checkpoint
  }
  throw new Error('ten attempts were not enough')
}

function checkMarkers(topic: RecordingTopic, shards: readonly Shard[], plan: Plan, placeInTime: (record: MarketRecord) => number): void {
  for (const { shard, from, to } of shards) {
    for (let partition = 0; partition < plan.partitions; partition++) {
      const marker = topic.markers().findLast((m) => m.shard === shard && m.partition === partition)
      const inPartition = topic.messages.filter((m) => m.partition === partition).map((m) => m.value)
        .filter((v): v is MarketRecord => v.kind === 'candle' || v.kind === 'trade').filter((r) => placeInTime(r) >= from && placeInTime(r) < to)
      expect(marker?.records).toBe(new Set(inPartition.map(placeInTime)).size)
    }
  }
}

function shardsOf(cuts: readonly number[], length: number, unit: number): Shard[] {
  const borders = [...new Set([0, ...cuts.filter((c) => c < length), length])].sort((a, b) => a - b)
  return borders.slice(1).map((to, shard) => ({ shard, from: START + borders[shard]! * unit, to: START + to * unit }))
}

const distinct = (values: readonly number[]) => [...new Set(values)].sort((a, b) => a - b)
/** The missing places that gap records stand for, however they are cut. */
const placesIn = (gaps: readonly Gap[], unit: number) => distinct(gaps.flatMap((g) => Array.from({ length: (g.to - g.from) / unit }, (_, i) => g.from + i * unit)))

describe('after any faults and crashes', () => {
  it('the topic holds exactly the candles of the venue, and gaps exactly where it has none', async () => {
    await fc.assert(fc.asyncProperty(scenario, async (plan) => {
      const shards = shardsOf(plan.cuts, plan.length, FIVE_MINUTES)
      const candles = fakeCandles(plan.length, { except: isHole(plan) })
      const topic = await runToTheEnd(plan, { venue: { candles }, shards, range: { from: START, to: START + plan.length * FIVE_MINUTES } })
      const times = topic.records().map((r) => (r.kind === 'candle' ? r.open_time : -1))
      expect(distinct(times)).toEqual(candles.map((c) => c.open))
      const missing = Array.from({ length: plan.length }, (_, i) => i).filter(isHole(plan)).map((i) => START + i * FIVE_MINUTES)
      expect(placesIn(topic.gaps(), FIVE_MINUTES)).toEqual(missing)
      checkMarkers(topic, shards, plan, (r) => (r.kind === 'candle' ? r.open_time : -1))
    }), { numRuns: 30, seed: 20240801 })
  })

  it('the topic holds exactly the trades of the venue', async () => {
    await fc.assert(fc.asyncProperty(scenario, async (plan) => {
      const shards = shardsOf(plan.cuts, plan.length, 1000)
      const trades = fakeTrades(plan.length, { except: (id) => isHole(plan)(id - 5000) })
      const topic = await runToTheEnd(plan, { type: 'api_trades', venue: { trades }, shards, range: { from: START, to: START + plan.length * 1000 } })
      expect(distinct(topic.records().map((r) => (r.kind === 'trade' ? r.trade_id : -1)))).toEqual(trades.map((t) => t.id))
      checkMarkers(topic, shards, plan, (r) => r.event_time)
    }), { numRuns: 20, seed: 20240802 })
  })
})
