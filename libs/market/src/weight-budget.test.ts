import { describe, expect, it } from 'vitest'
import { weightBudget } from './weight-budget.ts'

/** A clock that stands still until a sleeper moves it: each sleep jumps to its end. */
function fakeClock(start = 0) {
  let time = start
  const slept: number[] = []
  return {
    now: () => time,
    set: (t: number) => { time = t },
    slept,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      slept.push(ms)
      await Promise.resolve()
      signal?.throwIfAborted()
      time += ms
    },
  }
}

const budgetOf = (clock: ReturnType<typeof fakeClock>, limit = 100) =>
  weightBudget({ limit, windowMs: 60_000, margin: 0.1, now: clock.now, sleep: clock.sleep })

describe('weightBudget', () => {
  it('lets requests through up to the limit less its margin, then waits for the next minute', async () => {
    const clock = fakeClock(10_000)
    const budget = budgetOf(clock)
    for (let i = 0; i < 9; i++) (await budget.acquire(10)).settle()
    expect(clock.slept).toEqual([])
    await budget.acquire(10)
    expect(clock.slept).toEqual([50_000])
  })

  it('counts requests on their way', async () => {
    const clock = fakeClock()
    const outOfPatience = new Error('waited')
    const budget = weightBudget({ limit: 100, windowMs: 60_000, margin: 0.1, now: clock.now, sleep: () => Promise.reject(outOfPatience) })
    for (let i = 0; i < 9; i++) await budget.acquire(10)
    await expect(budget.acquire(1)).rejects.toBe(outOfPatience)
  })

  it("follows the venue's count, which knows what others use", async () => {
    const clock = fakeClock()
    const budget = budgetOf(clock)
    ;(await budget.acquire(1)).settle(85)
    ;(await budget.acquire(5)).settle(90)
    expect(clock.slept).toEqual([])
    await budget.acquire(1)
    expect(clock.slept).toEqual([60_000])
  })

  it('believes the newest request, not the newest answer', async () => {
    const clock = fakeClock()
    const budget = budgetOf(clock)
    const [first, second] = [await budget.acquire(1), await budget.acquire(1)]
    second.settle(89)
    first.settle(2)
    await budget.acquire(5)
    expect(clock.slept).toHaveLength(1)
  })

  it("starts its windows on the venue's clock", async () => {
    const clock = fakeClock(0)
    const budget = budgetOf(clock)
    budget.setClockOffset(59_000)
    for (let i = 0; i < 9; i++) (await budget.acquire(10)).settle()
    await budget.acquire(10)
    expect(clock.slept).toEqual([1_000])
  })

  it('keeps everyone waiting during a pause', async () => {
    const clock = fakeClock()
    const budget = budgetOf(clock)
    budget.pauseUntil(7_000)
    budget.pauseUntil(3_000)
    await Promise.all([budget.acquire(1), budget.acquire(1)])
    expect(clock.slept).toEqual([7_000])
  })

  it('ends a wait when the signal aborts, and goes on with the others', async () => {
    const clock = fakeClock()
    const budget = budgetOf(clock)
    budget.pauseUntil(7_000)
    const abort = new AbortController()
    const given = budget.acquire(1, abort.signal)
    const other = budget.acquire(1)
    abort.abort(new Error('stop'))
    await expect(given).rejects.toThrow('stop')
    await expect(other).resolves.toBeDefined()
  })

  it('lets a request that is heavier than the budget go alone, and knows no limit at 0', async () => {
    const clock = fakeClock()
    await budgetOf(clock, 10).acquire(50)
    const unlimited = budgetOf(clock, 0)
    for (let i = 0; i < 1000; i++) await unlimited.acquire(100)
    expect(clock.slept).toEqual([])
  })
})
