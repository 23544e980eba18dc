import { describe, expect, it } from 'vitest'
import { diff, snapshot, spot } from './book.test-support.ts'
import { LiveBook, type LiveBookOptions } from './live-book.ts'

const sides = { bids: [['10', '1'], ['9', '1']], asks: [['11', '1'], ['12', '1']] } as const

function synchronised(options: LiveBookOptions = {}) {
  const live = new LiveBook(spot, { minimumKnownLevels: 0, ...options })
  live.handle({ type: 'diff', diff: diff(100, 100), now: 1000 })
  live.handle({ type: 'snapshot', request: 1, snapshot: snapshot(100, { ...sides, depth: 2 }), now: 1000 })
  expect(live.valid).toBe(true)
  return live
}
const reasons = (outputs: ReturnType<LiveBook['handle']>) => outputs.flatMap((o) => (o.type === 'gap' ? o.gap.reason : []))

describe('a live book', () => {
  it('is not valid before its first snapshot', () => {
    const live = new LiveBook(spot)
    live.handle({ type: 'diff', diff: diff(100, 100, sides), now: 1000 })
    expect([live.valid, live.status, live.snapshot(5, 1000)]).toEqual([false, 'synchronising', undefined])
  })

  it('carries out what the synchroniser decides', () => {
    const live = synchronised()
    live.handle({ type: 'diff', diff: diff(101, 101, { bids: [['10.5', '3']] }), now: 1001 })
    expect(live.book.bestBid()).toEqual({ price: '10.5', quantity: '3' })
    expect(live.snapshot(1, 1002)).toMatchObject({ last_update_id: 101, bids: [['10.5', '3']], source: 'periodic' })
  })

  it('that is crossed is not valid, says so, and mends by a snapshot', () => {
    const live = synchronised()
    expect(reasons(live.handle({ type: 'diff', diff: diff(101, 101, { bids: [['11', '3']] }), now: 1001 }))).toEqual(['crossed'])
    expect(live.valid).toBe(false)
    live.handle({ type: 'diff', diff: diff(102, 102), now: 90_000 })
    live.handle({ type: 'snapshot', request: 2, snapshot: snapshot(102, sides), now: 90_000 })
    expect(live.valid).toBe(true)
    expect(live.book.bestBid()?.price).toBe('10')
  })

  it('is not valid after a diff or a snapshot that it cannot read, and keeps its last levels', () => {
    const live = synchronised()
    expect(reasons(live.handle({ type: 'diff', diff: diff(101, 101, { bids: [['10', '0'], ['x', '3']] }), now: 1001 }))).toEqual(['unreadable'])
    expect([live.valid, live.book.bestBid()?.price]).toEqual([false, '10'])
    live.handle({ type: 'diff', diff: diff(102, 102), now: 90_000 })
    const outputs = live.handle({ type: 'snapshot', request: 2, snapshot: snapshot(102, { bids: [['y', '1']] }), now: 90_000 })
    expect(reasons(outputs)).toEqual(['unreadable'])
    expect([live.valid, live.book.bestBid()?.price]).toEqual([false, '10'])
  })

  it('asks for a wider snapshot when too little is known, and is then known deeper', () => {
    const live = synchronised({ minimumKnownLevels: 2 })
    const outputs = live.handle({ type: 'diff', diff: diff(101, 101, { bids: [['10', '0']] }), now: 1001 })
    expect(outputs.at(-1)).toMatchObject({ type: 'request_snapshot', purpose: 'deepen' })
    live.handle({ type: 'snapshot', request: 2, snapshot: snapshot(101, { bids: [['9', '1'], ['8', '1'], ['7', '1']], asks: sides.asks }), now: 1002 })
    expect(live.valid).toBe(true)
    expect(live.book.depth('bids', 9)).toMatchObject({ complete: true, levels: [{ price: '9' }, { price: '8' }, { price: '7' }] })
  })

  it('is not valid when a wider snapshot disagrees with it', () => {
    const live = synchronised({ minimumKnownLevels: 3 })
    const outputs = live.handle({ type: 'snapshot', request: 2, snapshot: snapshot(100, { ...sides, bids: [['10', '7'], ['9', '1'], ['8', '1']] }), now: 1002 })
    expect(reasons(outputs)).toEqual(['diverged'])
    expect(live.valid).toBe(false)
  })

  it('tells when it wants to be woken', () => {
    const live = new LiveBook(spot)
    expect(live.wakeAt).toBeUndefined()
    live.handle({ type: 'diff', diff: diff(100, 100), now: 1000 })
    expect(live.wakeAt).toBe(11_000)
  })
})
