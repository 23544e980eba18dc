import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BookDiff, BookGap } from '@streamforge/contracts'
import { seededRandom, type Random } from '../synthetic-random.ts'
import { LiveBook } from './live-book.ts'
import { rebuildBook } from './rebuild-book.ts'
import type { BookInstrument, BookSyncInput } from './sync-state.ts'
import { falsehood, makeVenueModel, type VenueModel } from './venue-model.test-support.ts'

interface Chaos {
  readonly seed: number
  readonly drop: number
  readonly duplicate: number
  readonly delay: number
  readonly disconnect: number
  readonly snapshotFails: number
  /** Levels a side; fewer than the book has. */
  readonly depth: number
  /** The REST server may lag behind the stream, in diffs. */
  readonly lag: number
  readonly minimumKnownLevels: number
  readonly keepLimit: number
}

const share = fc.double({ min: 0, max: 0.3, noNaN: true })
const chaos: fc.Arbitrary<Chaos> = fc.record({
  seed: fc.integer({ min: 0, max: 1_000_000 }), drop: share, duplicate: share, delay: share,
  disconnect: fc.double({ min: 0, max: 0.03, noNaN: true }), snapshotFails: share,
  depth: fc.integer({ min: 2, max: 40 }), lag: fc.integer({ min: 0, max: 4 }),
  minimumKnownLevels: fc.constantFrom(0, 2, 10), keepLimit: fc.constantFrom(3, 10, 2000),
})

const DIFFS = 120
const CALM_TAIL = 60
const MS = 100

/** What arrives in each slot of time: diff i is sent in slot i, and arrives then, later, twice or never. */
function arrivals(model: VenueModel, c: Chaos, random: Random): BookDiff[][] {
  const slots: BookDiff[][] = Array.from({ length: DIFFS + CALM_TAIL }, () => [])
  model.diffs.forEach((diff, i) => {
    const calm = i >= DIFFS
    if (!calm && random() < c.drop) return
    const late = () => (!calm && random() < c.delay ? Math.floor(random() * 12) : 0)
    for (let copies = !calm && random() < c.duplicate ? 2 : 1; copies > 0; copies--) slots[Math.min(i + late(), slots.length - 1)]!.push(diff)
  })
  return slots
}

interface Run {
  readonly live: LiveBook
  readonly falsehoods: string[]
  readonly gaps: BookGap[]
  readonly delivered: BookDiff[]
  readonly accounted: number
  readonly validSlots: number
  readonly deepened: number
}

/** Plays a venue's history, distorted, to a live book, and checks after every input what the book claims. */
function play(model: VenueModel, instrument: BookInstrument, c: Chaos): Run {
  const random = seededRandom('chaos', c.seed)
  const live = new LiveBook(instrument, {
    minimumKnownLevels: c.minimumKnownLevels, keepLimit: c.keepLimit, retryMinimumMs: MS, retryMaximumMs: 4 * MS, snapshotTimeoutMs: 10 * MS,
    quietMs: 3 * MS, deepenIntervalMs: 10 * MS,
  })
  const run = { live, falsehoods: [] as string[], gaps: [] as BookGap[], delivered: [] as BookDiff[], accounted: 0, validSlots: 0, deepened: 0 }
  const answers: { slot: number; input: BookSyncInput }[] = []
  let slot = 0
  let connected = true
  const feed = (input: BookSyncInput) => {
    for (const output of live.handle(input)) {
      if (output.type === 'gap') run.gaps.push(output.gap)
      if (output.type === 'apply' || output.type === 'drop') run.accounted += output.type === 'apply' ? 1 : output.count
      if (output.type === 'load' && output.purpose === 'synchronise') run.accounted += output.diffs.length
      if (output.type === 'load' && output.purpose === 'deepen') run.deepened++
      if (output.type === 'request_snapshot') answer(output.request)
    }
    const wrong = live.valid ? falsehood(live.book, model.trueBook(live.book.updateId)) : undefined
    if (wrong) run.falsehoods.push(wrong)
  }
  const answer = (request: number) => {
    const calm = slot >= DIFFS
    if (!calm && random() < c.snapshotFails / 2) return // never answered: times out
    const due = slot + 1 + Math.floor(random() * (calm ? 2 : 8))
    const taken = model.diffs[Math.max(0, Math.min(due - Math.floor(random() * (c.lag + 1)), model.diffs.length) - 1)]!
    // Anywhere within the diff's ids, or between it and the next: servers take snapshots at any change.
    const id = taken.first_update_id + Math.floor(random() * (taken.final_update_id - taken.first_update_id + 2))
    const now = due * MS
    answers.push({ slot: due, input: !calm && random() < c.snapshotFails
      ? { type: 'snapshot_failed', request, now } : { type: 'snapshot', request, snapshot: model.snapshot(id, c.depth), now } })
  }
  for (const diffs of arrivals(model, c, random)) {
    const now = slot * MS
    if (live.wakeAt !== undefined && live.wakeAt <= now) feed({ type: 'time', now })
    if (connected && slot < DIFFS && random() < c.disconnect) {
      connected = false
      feed({ type: 'disconnected', now })
    } else if (!connected && (slot >= DIFFS || random() < 0.2)) {
      connected = true
      feed({ type: 'connected', now })
    }
    for (const { input } of answers.filter((a) => a.slot === slot)) feed(input)
    for (const diff of connected ? diffs : []) {
      run.delivered.push(diff)
      feed({ type: 'diff', diff, now })
    }
    if (live.valid) run.validSlots++
    slot++
  }
  return run
}

/** Ids that never arrived and that no gap tells of, between the first and the last that did. */
function silentLosses(model: VenueModel, { delivered, gaps }: Run): BookDiff[] {
  const got = new Set(delivered)
  const first = model.diffs.findIndex((diff) => diff === delivered[0])
  const previous = (diff: BookDiff) => diff.previous_final_update_id ?? diff.first_update_id
  return model.diffs.slice(first).filter((diff) => !got.has(diff)
    && !gaps.some((gap) => gap.expected_id <= previous(diff) && gap.got_id > previous(diff)))
}

const instruments: BookInstrument[] = [
  { venue: 'binance', symbol: 'BTCUSDT', market: 'spot' },
  { venue: 'binance', symbol: 'ETHUSDT', market: 'usdm' },
  { venue: 'binance', symbol: 'BTCUSD_PERP', market: 'coinm' },
]

describe.each(instruments)('a $market book under chaos', (instrument) => {
  it('is never valid and wrong, tells every loss, and is right in the end', () => {
    fc.assert(fc.property(chaos, (c) => {
      const model = makeVenueModel(instrument, c.seed, DIFFS + CALM_TAIL)
      const run = play(model, instrument, c)
      expect(run.falsehoods).toEqual([])
      expect(silentLosses(model, run)).toEqual([])
      expect(run.live.valid).toBe(true)
      expect(run.live.book.updateId).toBe(model.diffs.at(-1)!.final_update_id)
      // Every message was applied, or dropped for a reason that was told.
      if (run.deepened === 0 && c.minimumKnownLevels === 0) expect(run.accounted).toBe(run.delivered.length)
    }), { numRuns: 60 })
  })

  it('is valid nearly all the time without chaos', () => {
    const c: Chaos = { seed: 7, drop: 0, duplicate: 0, delay: 0, disconnect: 0, snapshotFails: 0, depth: 20, lag: 1, minimumKnownLevels: 5, keepLimit: 2000 }
    const run = play(makeVenueModel(instrument, 7, DIFFS + CALM_TAIL), instrument, c)
    expect(run.gaps).toEqual([])
    expect(run.validSlots).toBeGreaterThan(DIFFS + CALM_TAIL - 20)
  })

  it('is rebuilt at any id from the records in any order, or said to have a hole', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 20 }), (seed, dropPercent) => {
      const model = makeVenueModel(instrument, seed, 60)
      const random = seededRandom('rebuild', seed)
      const kept = model.diffs.filter(() => random() >= dropPercent / 100)
      const snapshots = [5, 30].map((i) => model.snapshot(model.diffs[i]!.final_update_id, 12))
      const records = [...kept, ...snapshots].map((record) => ({ record, at: random() })).sort((a, b) => a.at - b.at).map(({ record }) => record)
      for (const { final_update_id: id } of model.diffs.slice(5)) {
        const { book, valid, hole } = rebuildBook(records, id)
        expect(valid).toBe(hole === undefined)
        if (dropPercent === 0) expect(valid).toBe(true)
        if (valid) expect(falsehood(book, model.trueBook(id))).toBeUndefined()
        else expect(book.updateId).toBeLessThan(id)
      }
    }), { numRuns: 15 })
  })
})
