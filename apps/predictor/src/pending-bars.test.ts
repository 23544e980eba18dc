import { describe, expect, it } from 'vitest'
import { createPendingBars } from './pending-bars.ts'

const length = 1000
const pendingOf = (startedAt: number) => createPendingBars({ symbols: ['A', 'B', 'C'], latenessMs: 100, startedAt, endOf: (open) => open + length })

describe('a bar', () => {
  it('is due when every symbol has reached it, oldest first', () => {
    const pending = pendingOf(5000)
    for (const symbol of ['A', 'B']) for (const open of [5000, 6000]) pending.arrived(symbol, open, { now: 6000, wanted: true })
    expect(pending.due(6001)).toEqual([])
    pending.arrived('C', 6000, { now: 6010, wanted: true })
    expect(pending.due(6011)).toEqual([5000, 6000])
    pending.begin(5000)
    pending.done(5000)
    expect(pending.due(6011)).toEqual([6000])
  })

  it('waits for a silent symbol no longer than the lateness, and comes back for its row', () => {
    const pending = pendingOf(5000)
    pending.arrived('A', 5000, { now: 6000, wanted: true })
    pending.arrived('B', 5000, { now: 6090, wanted: true })
    expect(pending.due(6099)).toEqual([])
    expect(pending.due(6100)).toEqual([5000])
    pending.begin(5000)
    pending.done(5000)
    pending.arrived('C', 5000, { now: 6500, wanted: true })
    expect(pending.due(6500)).toEqual([5000])
  })

  it('waits on for a row that comes while the others are forecast', () => {
    const pending = pendingOf(5000)
    pending.arrived('A', 5000, { now: 6000, wanted: true })
    pending.begin(5000)
    pending.arrived('C', 5000, { now: 6101, wanted: true })
    pending.done(5000)
    expect(pending.due(6101)).toEqual([5000])
    pending.begin(5000)
    pending.done(5000)
    expect(pending.all()).toEqual([])
  })

  it('of the past waits until nothing comes any more: symbols are read one after another', () => {
    const pending = pendingOf(100_000)
    pending.arrived('A', 5000, { now: 100_000, wanted: true })
    pending.arrived('A', 6000, { now: 100_150, wanted: true })
    expect(pending.due(100_200)).toEqual([])
    pending.arrived('B', 5000, { now: 100_240, wanted: true })
    expect(pending.due(100_300)).toEqual([])
    expect(pending.due(100_340)).toEqual([5000, 6000])
  })

  it('that has its forecasts is not pending, but says how far its symbol has come', () => {
    const pending = pendingOf(5000)
    for (const symbol of ['A', 'B', 'C']) pending.arrived(symbol, 6000, { now: 7000, wanted: symbol === 'A' })
    expect(pending.due(7000)).toEqual([6000])
    pending.begin(6000)
    pending.done(6000)
    pending.arrived('B', 6000, { now: 7001, wanted: false })
    expect(pending.all()).toEqual([])
  })
})
