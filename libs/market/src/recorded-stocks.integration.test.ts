import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { barGrid } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { readRecordedStocks } from './recorded-stocks.ts'

const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
const data = resolve(process.env.STREAMFORGE_DATA ?? join(import.meta.dirname, '../../../../shared/data'))

describe.skipIf(!existsSync(join(data, 'stocks')))('recorded prices of stocks (skipped without STREAMFORGE_DATA or ../shared/data)', () => {
  it('lie on the days of the calendar, and on all of them', async () => {
    const stocks = await readRecordedStocks(join(data, 'stocks'))
    expect(stocks.tickers.length).toBeGreaterThan(450)
    const grid = barGrid('yahoo', '1d')
    const of = new Set(stocks.tickers.flatMap((ticker) => [...stocks.stock(ticker)!.days]))
    const recorded = [...of].sort((a, b) => a - b)
    for (const [from, to] of [['2012-09-04', '2017-12-09'], ['2019-12-31', '2020-12-31']] as const) {
      const range = { from: day(from), to: day(to) }
      expect(recorded.filter((time) => time >= range.from && time < range.to)).toEqual(grid.times(range))
    }
  })
})
