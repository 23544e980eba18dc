import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fiveMinutes, openScenario, type Scenario } from './simulator-scenario.ts'

let s: Scenario
beforeAll(async () => { s = await openScenario() })
afterAll(() => s.simulator.close())

describe('GET /api/v3/ticker/24hr', () => {
  it('sums up the last day as its candles have it', async () => {
    const time = s.to - 10 * fiveMinutes
    s.clock.time = time
    const ticker = await s.json('/api/v3/ticker/24hr?symbol=BTCUSDT') as Record<string, string>
    s.clock.time = time
    const rows = await s.klines(`startTime=${time - 86_400_000}&endTime=${time}&limit=1000`)
    expect(Number(ticker.lastPrice)).toBe(Number(rows.at(-1)![4]))
    expect(Number(ticker.openPrice)).toBe(Number(rows[0]![1]))
    expect(Number(ticker.highPrice)).toBe(Math.max(...rows.map((r) => Number(r[2]))))
    expect(Number(ticker.lowPrice)).toBe(Math.min(...rows.map((r) => Number(r[3]))))
    expect(Number(ticker.volume)).toBeCloseTo(rows.reduce((sum, r) => sum + Number(r[5]), 0), 6)
    expect(ticker.closeTime).toBe(time)
  })

  it('answers a list where a list is asked for, and refuses what it does not know', async () => {
    expect(await s.json(`/api/v3/ticker/24hr?symbols=${encodeURIComponent('["BTCUSDT"]')}`)).toMatchObject([{ symbol: 'BTCUSDT' }])
    expect(await s.json('/api/v3/ticker/24hr?symbol=NOPE')).toMatchObject({ code: -1121 })
  })
})
