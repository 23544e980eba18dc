import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Candle, barGrid } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { candlesOfChart, firstTradeOfChart } from './yahoo-rows.ts'

const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
const seconds = (text: string) => Date.parse(text) / 1000
const of = (over: object = {}) => ({ venue: 'yahoo', symbol: 'AAPL', interval: '1d', from: day('2024-01-01'), to: day('2025-01-01'), ...over }) as Parameters<typeof candlesOfChart>[1]
const answer = (timestamp: number[], over: Record<string, (number | null)[]> = {}, gmtoffset = -18_000) => ({
  chart: { result: [{ meta: { gmtoffset }, timestamp, indicators: { quote: [{ open: timestamp.map(() => 2), high: timestamp.map(() => 4), low: timestamp.map(() => 1), close: timestamp.map(() => 3), volume: timestamp.map(() => 10), ...over }] } }], error: null },
})
const days = (json: unknown, over: object = {}) => candlesOfChart(json, of(over)).candles.map((c) => new Date(c.open_time).toISOString())

describe('candlesOfChart', () => {
  it("gives a day the date of its session, by the exchange's clock", () => {
    expect(days(answer([seconds('2024-07-02T13:30:00Z'), seconds('2024-12-02T14:30:00Z')]))).toEqual(['2024-07-02T00:00:00.000Z', '2024-12-02T00:00:00.000Z'])
    // Sydney opens at 23:00 UTC of the day before.
    expect(days(answer([seconds('2024-12-01T23:00:00Z')], {}, 39_600))).toEqual(['2024-12-02T00:00:00.000Z'])
  })

  it('leaves out what has not ended, and rows that lack something', () => {
    const times = [seconds('2024-07-02T13:30:00Z'), seconds('2024-07-03T13:30:00Z'), seconds('2024-07-05T13:30:00Z'), seconds('2024-07-05T15:11:12Z')]
    expect(days(answer(times, { volume: [1, null, 1, 1] }), { to: day('2024-07-05') })).toEqual(['2024-07-02T00:00:00.000Z'])
  })

  it('widens a bar whose high or low contradicts its open and close', () => {
    const times = [seconds('2024-07-02T13:30:00Z'), seconds('2024-07-03T13:30:00Z'), seconds('2024-07-05T13:30:00Z')]
    const { candles, widened } = candlesOfChart(answer(times, { open: [5, 2, 2], close: [3, 3, 0.5] }), of())
    expect(widened).toBe(2)
    expect(candles.map(({ high, low }) => [high, low])).toEqual([[5, 1], [4, 1], [4, 0.5]])
  })

  it('takes bars of minutes as they stand, and none off their grid', () => {
    const bar = seconds('2024-07-02T13:35:00Z')
    expect(days(answer([bar, bar + 300]), { interval: '5m' })).toEqual(['2024-07-02T13:35:00.000Z', '2024-07-02T13:40:00.000Z'])
    expect(() => days(answer([bar + 7]), { interval: '5m' })).toThrow(/not on the 5m grid/)
    expect(days(answer([bar, bar + 7]), { interval: '5m', to: (bar + 5) * 1000 })).toEqual(['2024-07-02T13:35:00.000Z'])
  })

  it.each([
    ['no chart', { chart: { result: null } }], ['nothing at all', null], ['columns of another length', answer([seconds('2024-07-02T13:30:00Z')], { close: [] })],
    ['a price that is text', answer([seconds('2024-07-02T13:30:00Z')], { close: ['three' as unknown as number] })],
    ['two bars of a day that differ', answer([seconds('2024-07-02T13:30:00Z'), seconds('2024-07-02T14:30:00Z')], { close: [3, 2] })],
    ['no offset', { chart: { result: [{ timestamp: [1] , indicators: { quote: [{ open: [1], high: [1], low: [1], close: [1], volume: [1] }] } }] } }],
  ])('refuses %s', (_, json) => expect(() => candlesOfChart(json, of())).toThrow(expect.objectContaining({ code: 'VENUE_BAD_RESPONSE' })))
})

const data = resolve(process.env.STREAMFORGE_DATA ?? join(import.meta.dirname, '../../../../shared/data'))

describe.skipIf(!existsSync(join(data, 'api/yahoo')))('recorded answers of Yahoo (skipped without STREAMFORGE_DATA or ../shared/data)', () => {
  const answers = existsSync(join(data, 'api/yahoo')) ? readdirSync(join(data, 'api/yahoo')).filter((name) => name.startsWith('chart-A')) : []
  it.each(answers)('%s is read', (name) => {
    const { response: { bodyJson } } = JSON.parse(readFileSync(join(data, 'api/yahoo', name), 'utf8')) as { response: { bodyJson: { chart: { result: { timestamp?: number[] }[] } } } }
    const interval = name.includes('interval-1m') ? '1m' : '1d'
    const { candles } = candlesOfChart(bodyJson, of({ interval, from: day('2000-01-01'), to: day('2030-01-01') }))
    for (const candle of candles) expect(Candle.safeParse(candle).success).toBe(true)
    expect(candles).toHaveLength(bodyJson.chart.result[0]!.timestamp?.length ?? 0)
    const grid = barGrid('yahoo', interval)
    candles.slice(1).forEach((candle, i) => expect(grid.follows(candles[i]!.open_time, candle.open_time)).toBe(true))
    expect(firstTradeOfChart(bodyJson)).toBeGreaterThan(0)
  })
})
