import { barGrid, type Candle } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { findCandleHoles } from './find-holes.ts'

const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
const daily = (...dates: string[]) => dates.map((date) => ({ open_time: day(date) }) as Candle)

describe('findCandleHoles', () => {
  it('misses no stock on week-ends and holidays, and counts sessions in a hole', () => {
    const grid = barGrid('yahoo', '1d')
    const [from, to] = [day('2024-06-29'), day('2024-07-14')]
    // The 4th of July is a Thursday.
    expect(findCandleHoles(daily('2024-07-01', '2024-07-02', '2024-07-03', '2024-07-05', '2024-07-08', '2024-07-09', '2024-07-10', '2024-07-11', '2024-07-12'), grid, from, to)).toEqual([])
    expect(findCandleHoles(daily('2024-07-02', '2024-07-10', '2024-07-11', '2024-07-12'), grid, from, to)).toEqual([
      { from, to: day('2024-07-02'), missing: 1 }, { from: day('2024-07-03'), to: day('2024-07-10'), missing: 4 },
    ])
    expect(findCandleHoles([], grid, from, to)).toEqual([{ from, to, missing: 9 }])
  })

  it('misses every day of a market that never closes', () => {
    expect(findCandleHoles(daily('2024-07-05'), barGrid('binance', '1d'), day('2024-07-05'), day('2024-07-08'))).toEqual([{ from: day('2024-07-06'), to: day('2024-07-08'), missing: 2 }])
  })
})
