import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bisectTradeId } from './bisect-trade-id.ts'

describe('bisectTradeId', () => {
  it('finds the first trade at or after an instant, holes between ids or not, in few steps', async () => {
    const trade = fc.record({ step: fc.integer({ min: 1, max: 10_000 }), wait: fc.integer({ min: 0, max: 3 }) })
    await fc.assert(fc.asyncProperty(fc.array(trade, { minLength: 1, maxLength: 60 }), fc.integer({ min: -5, max: 100 }), async (steps, time) => {
      let [id, at] = [0, 0]
      const trades = steps.map(({ step, wait }) => ({ trade_id: (id += step), event_time: (at += wait) }))
      const last = trades.at(-1)!
      fc.pre(last.event_time >= time)
      let asked = 0
      const found = await bisectTradeId(1, last.trade_id, time, (upTo) => {
        asked++
        return Promise.resolve(trades.findLast((t) => t.trade_id <= upTo))
      })
      expect(found).toBe(trades.find((t) => t.event_time >= time)!.trade_id)
      expect(asked).toBeLessThan(25)
    }), { numRuns: 300 })
  })
})
