import { describe, expect, it } from 'vitest'
import type { BookDiff } from '@streamforge/contracts'
import { diff, snapshot, spot, usdm } from './book.test-support.ts'
import { nextWake, startBookSync, type BookInstrument, type BookSyncInput, type BookSyncOptions, type BookSyncOutput } from './sync-state.ts'
import { syncBook } from './sync-book.ts'

type WithoutNow<T> = T extends unknown ? Omit<T, 'now'> : never
type Input = WithoutNow<BookSyncInput>

/** Feeds inputs in turn; `at` moves the clock. */
function scenario(instrument: BookInstrument = spot, options: Partial<BookSyncOptions> = {}) {
  let state = startBookSync(instrument, options)
  let now = 1000
  const feed = (input: Input): BookSyncOutput[] => {
    const frozen = Object.freeze({ ...state })
    const result = syncBook(frozen, { ...input, now })
    state = result.state
    return result.outputs
  }
  return {
    feed,
    diff: (d: BookDiff) => feed({ type: 'diff', diff: d }),
    snapshot: (id: number, request = state.requests) => feed({ type: 'snapshot', request, snapshot: snapshot(id, { instrument }) }),
    at: (time: number) => { now = time; return feed({ type: 'time' }) },
    clock: (time: number) => { now = time },
    get state() { return state },
  }
}
const types = (outputs: BookSyncOutput[]) => outputs.map((o) => ('reason' in o ? `${o.type} ${o.reason}` : o.type))
const applied = (outputs: BookSyncOutput[]) => outputs.flatMap((o) => (o.type === 'apply' ? o.diff.final_update_id : []))

/** A book synchronised at 105, with 101-105 applied on a snapshot at 102. */
function synchronised(options: Partial<BookSyncOptions> = {}) {
  const s = scenario(spot, options)
  s.diff(diff(101, 105))
  s.snapshot(102)
  expect(s.state.status).toBe('synchronised')
  return s
}

describe('the first synchronisation', () => {
  it('asks for a snapshot when the first diff has come, and drops, then joins', () => {
    const s = scenario()
    expect(types(s.diff(diff(101, 105)))).toEqual(['request_snapshot'])
    expect(types(s.diff(diff(106, 110)))).toEqual([])
    const outputs = s.snapshot(107)
    expect(types(outputs)).toEqual(['load', 'drop old', 'synchronised'])
    expect(outputs[0]).toMatchObject({ purpose: 'synchronise', diffs: [{ final_update_id: 110 }] })
    expect(s.state).toMatchObject({ status: 'synchronised', book: { id: 110 } })
  })

  it('asks without a diff when the market is quiet after connecting', () => {
    const s = scenario()
    expect(types(s.feed({ type: 'connected' }))).toEqual([])
    expect(nextWake(s.state)).toBe(2000)
    expect(types(s.at(1999))).toEqual([])
    expect(types(s.at(2000))).toEqual(['request_snapshot'])
    expect(types(s.snapshot(100))).toEqual(['load', 'synchronised'])
    expect(applied(s.diff(diff(99, 101)))).toEqual([101])
  })

  it('refuses a snapshot older than the first kept diff and asks again, ever more slowly', () => {
    const s = scenario()
    s.diff(diff(101, 105))
    for (const [wait, now] of [[250, 1000], [500, 1250], [1000, 1750]] as const) {
      expect(types(s.snapshot(99))).toEqual(['refuse_snapshot too_old'])
      expect(nextWake(s.state)).toBe(now + wait)
      expect(types(s.at(now + wait - 1))).toEqual([])
      expect(types(s.at(now + wait))).toEqual(['request_snapshot'])
    }
    expect(types(s.snapshot(101))).toEqual(['load', 'synchronised'])
  })

  it('loses a diff right after the snapshot and notices', () => {
    const s = scenario()
    s.diff(diff(101, 105))
    s.snapshot(105)
    const outputs = s.diff(diff(107, 108))
    expect(types(outputs)).toEqual(['gap'])
    expect(s.state).toMatchObject({ status: 'synchronising', kept: [{ final_update_id: 108 }] })
  })

  it('refuses a snapshot that does not reach over a hole in the kept diffs, and keeps them', () => {
    const s = scenario()
    s.diff(diff(101, 105))
    expect(types(s.diff(diff(110, 112)))).toEqual(['gap'])
    expect(types(s.snapshot(104))).toEqual(['refuse_snapshot hole'])
    s.at(5000)
    expect(types(s.snapshot(109))).toEqual(['load', 'drop old', 'synchronised'])
    expect(s.state.book?.id).toBe(112)
  })

  it('takes a request that fails or is not answered as failed', () => {
    const s = scenario()
    s.diff(diff(101, 105))
    s.feed({ type: 'snapshot_failed', request: 1 })
    expect(types(s.at(1250))).toEqual(['request_snapshot'])
    expect(types(s.feed({ type: 'snapshot_failed', request: 1 }))).toEqual([])
    expect(nextWake(s.state)).toBe(11_250)
    expect(types(s.at(11_250))).toEqual([])
    expect(types(s.at(11_750))).toEqual(['request_snapshot'])
    expect(types(s.snapshot(105, 1))).toEqual(['load', 'drop old', 'synchronised'])
  })

  it('lets the oldest kept diffs go beyond the limit, and takes only a snapshot newer than they', () => {
    const s = scenario(spot, { keepLimit: 2 })
    s.diff(diff(101, 101))
    s.diff(diff(102, 102))
    expect(types(s.diff(diff(103, 103)))).toEqual(['drop overflow'])
    expect(types(s.snapshot(101))).toEqual(['refuse_snapshot too_old'])
  })
})

describe('a synchronised book', () => {
  it('applies what follows and drops what is older or comes twice', () => {
    const s = synchronised()
    expect(applied(s.diff(diff(106, 107)))).toEqual([107])
    expect(types(s.diff(diff(106, 107)))).toEqual(['drop old'])
    expect(types(s.diff(diff(101, 105)))).toEqual(['drop old'])
    expect(applied(s.diff(diff(107, 109)))).toEqual([109])
  })

  it('is lost at a gap, which is announced, and asks for a snapshot while it keeps what comes', () => {
    const s = synchronised()
    s.clock(60_000)
    const outputs = s.diff(diff(108, 110))
    expect(types(outputs)).toEqual(['gap', 'request_snapshot'])
    expect(outputs[0]).toMatchObject({ gap: { expected_id: 106, got_id: 108, reason: 'sequence', symbol: 'BTCUSDT', known_time: 60_000 } })
    expect(s.state.status).toBe('synchronising')
    s.diff(diff(111, 111))
    s.clock(60_700)
    const back = s.snapshot(109)
    expect(back.at(-1)).toEqual({ type: 'synchronised', updateId: 111, by: 'snapshot', afterMs: 700 })
  })

  it('goes on without a snapshot when the missing diff comes late', () => {
    const s = synchronised()
    s.diff(diff(108, 110))
    const outputs = s.diff(diff(106, 107))
    expect(applied(outputs)).toEqual([107, 110])
    expect(outputs.at(-1)).toMatchObject({ type: 'synchronised', by: 'late_diffs' })
    expect(s.state).toMatchObject({ status: 'synchronised', wanted: undefined, book: { id: 110 } })
  })

  it('does not ask at once when it was lost a moment after it was found', () => {
    const s = synchronised()
    expect(types(s.diff(diff(108, 110)))).toEqual(['gap'])
    expect(types(s.at(1250))).toEqual(['request_snapshot'])
  })

  it('follows pu on futures', () => {
    const s = scenario(usdm)
    s.diff(diff(130, 140, { pu: 100 }))
    s.snapshot(120)
    expect(applied(s.diff(diff(170, 180, { pu: 140 })))).toEqual([180])
    const gap = s.diff(diff(220, 230, { pu: 200 }))
    expect(gap[0]).toMatchObject({ type: 'gap', gap: { expected_id: 180, got_id: 200, market: 'usdm' } })
  })

  it('announces what the stream lost before a snapshot that was ahead of it, though the book is right', () => {
    const s = synchronised()
    s.diff(diff(108, 110))
    s.at(5000)
    s.snapshot(120)
    const outputs = s.diff(diff(121, 125))
    expect(types(outputs)).toEqual(['gap', 'apply'])
    expect(s.state.status).toBe('synchronised')
  })
})

describe('a disconnection', () => {
  it('makes the book unknown until ids prove that nothing was missed', () => {
    const s = synchronised()
    s.feed({ type: 'disconnected' })
    expect(s.state.status).toBe('disconnected')
    expect(nextWake(s.state)).toBeUndefined()
    s.feed({ type: 'connected' })
    expect(s.state.status).toBe('synchronising')
    s.diff(diff(103, 105))
    expect(s.state.status).toBe('synchronising')
    const outputs = s.diff(diff(106, 108))
    expect(types(outputs)).toEqual(['drop old', 'apply', 'synchronised'])
  })

  it('is the reason of the gap that it made', () => {
    const s = synchronised()
    s.feed({ type: 'disconnected' })
    s.feed({ type: 'connected' })
    expect(s.diff(diff(110, 112))[0]).toMatchObject({ type: 'gap', gap: { expected_id: 106, got_id: 110, reason: 'reconnect' } })
    expect(s.diff(diff(115, 116))[0]).toMatchObject({ gap: { reason: 'sequence' } })
  })

  it('leaves a snapshot that arrives during it unused', () => {
    const s = scenario()
    s.diff(diff(101, 105))
    s.feed({ type: 'disconnected' })
    expect(types(s.snapshot(103))).toEqual(['refuse_snapshot not_needed'])
    expect(s.state.status).toBe('disconnected')
  })
})

describe('faults', () => {
  it('make the book unknown; late diffs cannot mend it', () => {
    const s = synchronised()
    s.clock(90_000)
    const outputs = s.feed({ type: 'faulty', reason: 'crossed' })
    expect(types(outputs)).toEqual(['gap'])
    expect(outputs[0]).toMatchObject({ gap: { reason: 'crossed', expected_id: 106 } })
    expect(types(s.diff(diff(106, 107)))).toEqual(['request_snapshot'])
    expect(s.state.status).toBe('synchronising')
  })

  it('that repeat slow the requests down', () => {
    const s = synchronised()
    const pauses: number[] = []
    for (let i = 0, id = 106; i < 9; i++, id++) {
      s.feed({ type: 'faulty', reason: 'unreadable' })
      s.diff(diff(id, id))
      const wake = nextWake(s.state)!
      pauses.push(wake - (s.state.unsynchronisedAt ?? 0))
      s.at(wake)
      s.snapshot(id)
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  })

  it('of the ids, counted anew by the venue, abandon all that was known and asked before', () => {
    const s = synchronised()
    s.diff(diff(108, 110))
    s.at(2000)
    const outputs = s.diff(diff(1, 3, { at: 20_000 }))
    expect(types(outputs)).toEqual(['gap', 'request_snapshot'])
    expect(outputs[0]).toMatchObject({ gap: { reason: 'id_reset', got_id: 1 } })
    expect(types(s.snapshot(110, 2))).toEqual(['refuse_snapshot abandoned'])
    expect(types(s.snapshot(2, 3))).toEqual(['load', 'synchronised'])
  })
})

describe('deepening', () => {
  const wanting = () => {
    const s = synchronised()
    s.clock(40_000)
    expect(s.feed({ type: 'depth_low' })).toEqual([{ type: 'request_snapshot', request: 2, purpose: 'deepen' }])
    return s
  }

  it('replaces the book, which stays valid, by a snapshot and the diffs since', () => {
    const s = wanting()
    expect(types(s.diff(diff(106, 108)))).toEqual(['apply'])
    expect(s.state.status).toBe('synchronised')
    expect(s.snapshot(107)).toMatchObject([{ type: 'load', purpose: 'deepen', diffs: [{ final_update_id: 108 }] }])
    expect(s.state).toMatchObject({ status: 'synchronised', book: { id: 108 }, kept: [], wanted: undefined })
  })

  it('waits for the stream to reach the snapshot', () => {
    const s = wanting()
    expect(s.snapshot(110)).toEqual([])
    expect(types(s.diff(diff(106, 109)))).toEqual(['apply'])
    expect(types(s.diff(diff(110, 112)))).toEqual(['apply', 'load'])
  })

  it('refuses a snapshot older than the request, and asks again', () => {
    const s = wanting()
    s.diff(diff(106, 108))
    expect(types(s.snapshot(104))).toEqual(['refuse_snapshot too_old'])
    expect(types(s.at(41_000))).toEqual(['request_snapshot'])
  })

  it('is asked for once in its interval', () => {
    const s = wanting()
    s.snapshot(105)
    expect(s.feed({ type: 'depth_low' })).toEqual([])
    s.clock(100_000)
    expect(types(s.feed({ type: 'depth_low' }))).toEqual(['request_snapshot'])
  })

  it('ends at a gap; its snapshot then serves to synchronise', () => {
    const s = wanting()
    expect(types(s.diff(diff(108, 110)))).toEqual(['gap'])
    expect(types(s.snapshot(109))).toEqual(['load', 'synchronised'])
  })
})
