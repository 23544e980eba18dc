import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readRecordedStocks, venueNamed, type VenueClient } from '@streamforge/market'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openScenario, type Scenario } from './simulator-scenario.ts'

const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
const file = `ticker,date,open,high,low,close,volume
AAPL,2024-07-02 16:00:00-04:00,216.15,220.38,215.1,220.27,58046200
AAPL,2024-07-03 13:00:00-04:00,220,221.55,219.03,221.55,37369800
AAPL,2024-07-05 16:00:00-04:00,221.65,226.45,221.65,226.34,60412400
T,2024-07-02 16:00:00-04:00,18.9,19,18.8,18.95,1000
T,2024-07-03 13:00:00-04:00,18.9,0,18.8,18.95,1000
T,2024-07-05 16:00:00-04:00,19,19.1,18.9,19.05,0
`

let s: Scenario
let directory: string
let client: VenueClient
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-yahoo-'))
  await writeFile(join(directory, 'prices.csv'), file)
  await writeFile(join(directory, 'news.csv'), 'ticker,date,text\nAAPL,2024-07-02,up\n')
  s = await openScenario({ stocks: () => readRecordedStocks(directory) })
  client = venueNamed('yahoo').open({ urls: { rest: s.simulator.url }, maxAttempts: 2, random: () => 0 })
})
afterAll(async () => {
  await client.close()
  await s.simulator.close()
  await rm(directory, { recursive: true })
})

describe("Yahoo's charts", () => {
  it('have the bars of the files, as the venue reads them', async () => {
    const page = await client.candlePage({ symbol: 'AAPL', interval: '1d', from: day('2024-07-01'), to: day('2024-07-08') })
    expect(page).toMatchObject({ from: day('2024-07-01'), to: day('2024-07-08'), duplicates: 0 })
    expect(page.candles.map(({ open_time, open, high, low, close, volume }) => [open_time, open, high, low, close, volume])).toEqual([
      [day('2024-07-02'), 216.15, 220.38, 215.1, 220.27, 58046200], [day('2024-07-03'), 220, 221.55, 219.03, 221.55, 37369800], [day('2024-07-05'), 221.65, 226.45, 221.65, 226.34, 60412400],
    ])
    expect(page.candles[0]).toMatchObject({ venue: 'yahoo', symbol: 'AAPL', event_time: day('2024-07-03'), known_time: day('2024-07-03') + 900_000, backfilled: true })
  })

  it('stamp a day with the opening of its session, and lack what the file lacks', async () => {
    const { chart: { result: [result] } } = (await s.json(`/v8/finance/chart/T?interval=1d&period1=${day('2024-07-02') / 1000}&period2=${day('2024-07-06') / 1000}`)) as ChartAnswer
    expect(result!.timestamp!.map((time) => new Date(time * 1000).toISOString())).toEqual(['2024-07-02T13:30:00.000Z', '2024-07-03T13:30:00.000Z', '2024-07-05T13:30:00.000Z'])
    expect(result!.indicators.quote[0]!['high']).toEqual([19, null, 19.1])
    const page = await client.candlePage({ symbol: 'T', interval: '1d', from: day('2024-07-01'), to: day('2024-07-08') })
    expect(page.candles.map((candle) => [candle.open_time, candle.volume])).toEqual([[day('2024-07-02'), 1000], [day('2024-07-05'), 0]])
  })

  it('are empty where nothing was traded, and refused where nothing ever was', async () => {
    const empty = (from: string, to: string) => client.candlePage({ symbol: 'AAPL', interval: '1d', from: day(from), to: day(to) })
    expect((await empty('2024-07-04', '2024-07-05')).candles).toEqual([])
    expect((await s.get(`/v8/finance/chart/AAPL?interval=1d&period1=${day('2020-01-01') / 1000}&period2=${day('2020-02-01') / 1000}`)).status).toBe(400)
    expect((await empty('2020-01-01', '2020-02-01')).candles).toEqual([])
    expect(await client.firstCandleTime({ symbol: 'AAPL', interval: '1d', from: day('2001-01-01'), to: day('2024-08-01') })).toBe(day('2024-07-02'))
  })

  it('know their instruments one by one', async () => {
    expect(await client.instrument('AAPL')).toEqual({ symbol: 'AAPL', status: 'trading', listed_from: day('2024-07-02') + 13.5 * 3_600_000 })
    await expect(client.instrument('NONE')).rejects.toMatchObject({ code: 'UNKNOWN_SYMBOL' })
    await expect(client.instruments()).rejects.toMatchObject({ code: 'VENUE_REJECTED' })
    await expect(client.candlePage({ symbol: 'AAPL', interval: '1h', from: 0, to: 1 })).rejects.toMatchObject({ code: 'UNKNOWN_TYPE' })
  })

  it('are asked for again after a fault', async () => {
    await s.faults({ kind: 'server_error', path: '/v8/finance/chart/AAPL', count: 1 })
    expect((await client.candlePage({ symbol: 'AAPL', interval: '1d', from: day('2024-07-01'), to: day('2024-07-08') })).candles).toHaveLength(3)
  })
})

interface ChartAnswer { chart: { result: { timestamp?: number[]; indicators: { quote: Record<string, (number | null)[]>[] } }[] } }
