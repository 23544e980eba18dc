import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openAccount, placeOrder, portfolioValue, settleOrder } from './account.ts'
import { free, usual } from './backtest.test-support.ts'

describe('an account', () => {
  it('buys at the next open with slippage and fee, as worked out by hand', () => {
    const rules = { ...free, feeBps: 100, slippageBps: 100 }
    const account = openAccount(rules)
    placeOrder(account, 'buy')
    expect(settleOrder(account, rules, 100, 5)).toBe(true)
    // 1000 / (100 * 1.01 * 1.01) = 9.8 lots
    expect(account).toMatchObject({ filled: 'buy', filledQuantity: 9, filledPrice: 101, position: 9 })
    expect(account.filledFee).toBeCloseTo(9.09, 12)
    expect(account.cash).toBeCloseTo(1000 - 909 - 9.09, 12)
    placeOrder(account, 'sell')
    settleOrder(account, rules, 200, 5)
    expect(account).toMatchObject({ filled: 'sell', filledQuantity: 9, filledPrice: 198, position: 0, cost: 0 })
    expect(account.cash).toBeCloseTo(81.91 + 1782 - 17.82, 10)
    expect(account.filledProfit).toBeCloseTo(1782 - 17.82 - 918.09, 10)
    expect(account.feesPaid).toBeCloseTo(9.09 + 17.82, 10)
    expect(account.traded).toBeCloseTo(909 + 1782, 10)
  })

  it('fills an order at the next bar or not at all', () => {
    const account = openAccount(free)
    placeOrder(account, 'buy')
    expect(settleOrder(account, free, NaN, 0)).toBe(false)
    expect(account.refused).toBe('no_market')
    expect(settleOrder(account, free, 10, 5)).toBe(false)
    placeOrder(account, 'buy')
    expect(settleOrder(account, free, 10, 0)).toBe(false)
    expect([account.refused, account.cash, account.position]).toEqual(['no_market', 1000, 0])
  })

  it('says why nothing came of an order', () => {
    const account = openAccount(free)
    placeOrder(account, 'sell')
    settleOrder(account, free, 10, 1)
    expect(account.refused).toBe('no_position')
    placeOrder(account, 'buy')
    settleOrder(account, free, 1001, 1)
    expect(account.refused).toBe('below_lot')
    placeOrder(account, 'buy', 0.5)
    settleOrder(account, free, 100, 1)
    expect([account.position, account.refused]).toEqual([5, ''])
    placeOrder(account, 'buy', 0.1)
    settleOrder(account, free, 100, 1)
    expect(account.refused).toBe('small_order')
  })

  it('sells a share, and its cost with it', () => {
    const account = openAccount({ ...free, lotSize: 0.1 })
    placeOrder(account, 'buy')
    settleOrder(account, { ...free, lotSize: 0.1 }, 10, 1)
    placeOrder(account, 'sell', 0.25)
    settleOrder(account, { ...free, lotSize: 0.1 }, 12, 1)
    expect(account).toMatchObject({ position: 75, cash: 300, cost: 750, filledProfit: 50 })
  })

  it('takes three lots of 0.1 for 0.3', () => {
    const rules = { ...free, initialCapital: 0.3, lotSize: 0.1 }
    const account = openAccount(rules)
    placeOrder(account, 'buy')
    settleOrder(account, rules, 1, 1)
    expect(account.position).toBeCloseTo(0.3, 12)
  })

  it('never spends what it has not, holds whole lots, and loses nothing but costs', () => {
    const orders = fc.array(fc.record({
      action: fc.constantFrom('buy' as const, 'sell' as const, 'hold' as const), size: fc.double({ min: 0.01, max: 1, noNaN: true }),
      open: fc.oneof(fc.double({ min: 0.01, max: 100_000, noNaN: true }), fc.constant(NaN)), volume: fc.constantFrom(0, 1, 50),
    }), { maxLength: 40 })
    fc.assert(fc.property(orders, fc.constantFrom(usual, free, { ...usual, lotSize: 0.25, positionShare: 1 }), (steps, rules) => {
      const account = openAccount(rules)
      for (const { action, size, open, volume } of steps) {
        const before = portfolioValue(account, open)
        const fees = account.feesPaid
        placeOrder(account, action, size)
        const filled = settleOrder(account, rules, open, volume)
        expect(account.cash).toBeGreaterThan(-1e-6)
        expect(account.position).toBeGreaterThanOrEqual(0)
        if (!filled) continue
        const slipped = account.filledQuantity * Math.abs(account.filledPrice - open)
        expect(portfolioValue(account, open)).toBeCloseTo(before - slipped - (account.feesPaid - fees), 5)
        expect(account.filledQuantity / rules.lotSize).toBeCloseTo(account.filledQuantity === 0 ? 0 : Math.round(account.filledQuantity / rules.lotSize), 3)
      }
    }), { seed: 3, numRuns: 200 })
  })
})
