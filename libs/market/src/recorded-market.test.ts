import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CandleSlice } from './market-columns.ts'
import { openRecordedMarket } from './recorded-market.ts'
import { readCandleRows, readTradeRows } from './recorded-rows.ts'

const fiveMinutes = 300_000
const start = Date.UTC(2022, 7, 1)
const all = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: Number.MAX_SAFE_INTEGER }
const header = 'open_time,open,high,low,close,volume'
const row = (k: number) => `${start + k * fiveMinutes},${100 + k},${102 + k}.5,${99 + k},${101 + k},0.${k + 1}`
const rowsOf = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => row(from + k))
const openTimes = ({ columns, start: first, end }: CandleSlice) => [...columns.openTime.subarray(first, end)]

let root: string
let count = 0
async function folder(files: Record<string, string>): Promise<string> {
  const directory = join(root, String(count++))
  for (const [name, text] of Object.entries(files)) {
    const file = join(directory, name)
    await mkdir(resolve(file, '..'), { recursive: true })
    await writeFile(file, name.endsWith('.gz') ? gzipSync(text) : text)
  }
  return directory
}
beforeAll(async () => { root = await mkdtemp(join(tmpdir(), 'streamforge-recorded-')) })
afterAll(() => rm(root, { recursive: true, force: true }))

describe('openRecordedMarket', () => {
  it('lists files by name with their extent, whatever their format', async () => {
    const market = await openRecordedMarket(await folder({
      'a/BTCUSDT-5m.csv.gz': [header, ...rowsOf(0, 13)].join('\n') + '\n',
      'b/ETHUSDT-1h.csv': `date,open,high,low,close,volume,ticker\r\n2022-01-01 00:00:00,1.0,2.0,0.5,1.5,10.00000000,ETHUSDT\r\n`,
      'c/ADABTC-1m-2021-11-27.csv': '1637971200000,0.1,0.2,0.1,0.2,5.0,1637971259999,0.75,79,2.0,0.3,0\n',
      'd/btcusdt-trades-2021-01-08.csv': 'timestamp,trade_id,price,quantity,buyer_maker\n2021-01-08 00:00:00.278+00:00,7,1.5,0.1,True\n2021-01-08 00:00:00.300+00:00,8,1.6,0.2,False\n',
      'README.md': 'not a market file', 'e/XRP_USDT_USDT-5m-futures.csv': 'neither',
    }))
    expect(market.files.map(({ file: _, ...file }) => file)).toEqual([
      { content: 'candles', venue: 'binance', symbol: 'BTCUSDT', interval: '5m', from: start, to: start + 13 * fiveMinutes, rows: 13, hasDetails: false },
      { content: 'candles', venue: 'binance', symbol: 'ETHUSDT', interval: '1h', from: Date.UTC(2022, 0, 1), to: Date.UTC(2022, 0, 1, 1), rows: 1, hasDetails: false },
      { content: 'candles', venue: 'binance', symbol: 'ADABTC', interval: '1m', from: 1637971200000, to: 1637971260000, rows: 1, hasDetails: true },
      { content: 'trades', venue: 'binance', symbol: 'BTCUSDT', from: 1610064000278, to: 1610064000301, rows: 2, firstId: 7, lastId: 8 },
    ])
    expect(market.instrument('ADABTC')).toMatchObject({ baseAsset: 'ADA', quoteAsset: 'BTC', hasTrades: false })
    const ada = await market.candles({ symbol: 'ADABTC', interval: '1m', ...all })
    expect(ada.columns.details).toMatchObject({ quoteVolume: Float64Array.of(0.75), tradeCount: Float64Array.of(79) })
    const trades = await market.trades({ symbol: 'BTCUSDT', ...all, fromId: 8 })
    expect([trades.end - trades.start, trades.columns.price[trades.start], trades.columns.buyerMaker[trades.start]]).toEqual([1, 1.6, 0])
  })

  it('answers the first or the last rows of a range', async () => {
    const market = await openRecordedMarket(await folder({ 'BTCUSDT-5m.csv': [header, ...rowsOf(0, 20)].join('\n') }))
    const ask = async (query: object) => openTimes(await market.candles({ symbol: 'BTCUSDT', interval: '5m', ...all, ...query })).map((t) => (t - start) / fiveMinutes)
    expect(await ask({ from: start + 1, to: start + 5 * fiveMinutes })).toEqual([1, 2, 3, 4])
    expect(await ask({ limit: 2 })).toEqual([0, 1])
    expect(await ask({ limit: 2, latest: true, to: start + 7 * fiveMinutes })).toEqual([5, 6])
    expect(await ask({ from: start + 1e9 })).toEqual([])
    expect(await ask({ symbol: 'NONE' })).toEqual([])
  })

  it('makes one series of several files, equal rows once', async () => {
    const market = await openRecordedMarket(await folder({
      'one/BTCUSDT-5m.csv': [header, ...rowsOf(0, 4)].join('\n'), 'two/BTCUSDT-5m.csv': [header, ...rowsOf(2, 6)].join('\n'),
    }))
    const times = openTimes(await market.candles({ symbol: 'BTCUSDT', interval: '5m', ...all }))
    expect(times).toEqual([0, 1, 2, 3, 4, 5].map((k) => start + k * fiveMinutes))
  })

  it('refuses files that disagree', async () => {
    const market = await openRecordedMarket(await folder({
      'one/BTCUSDT-5m.csv': [header, row(0)].join('\n'), 'two/BTCUSDT-5m.csv': [header, `${start},1,1,1,1,1`].join('\n'),
    }))
    await expect(market.candles({ symbol: 'BTCUSDT', interval: '5m', ...all })).rejects.toMatchObject({
      code: 'BAD_DATA_FILE', message: expect.stringContaining(`disagree about the candle at ${start}`),
    })
  })

  it('adds up longer candles, and leaves out a bucket of which a candle is missing', async () => {
    const rows = rowsOf(0, 36).filter((_, k) => k !== 20)
    const market = await openRecordedMarket(await folder({ 'BTCUSDT-5m.csv': [header, ...rows].join('\n') }))
    const hours = await market.candles({ symbol: 'BTCUSDT', interval: '1h', ...all })
    expect(openTimes(hours)).toEqual([start, start + 2 * 3_600_000])
    const asVenue = await market.candles({ symbol: 'BTCUSDT', interval: '1h', ...all, partial: true })
    expect(openTimes(asVenue)).toEqual([0, 1, 2].map((k) => start + k * 3_600_000))
    expect(asVenue.columns.close[1]).toBe(101 + 23)
    const { columns: c } = hours
    expect([c.open[0], c.high[0], c.low[0], c.close[0]]).toEqual([100, 113.5, 99, 112])
    expect(c.volume[0]).toBe(Math.round([...Array(12).keys()].reduce((sum, k) => sum + Number(`0.${k + 1}`), 0) * 1e8) / 1e8)
    expect(market.instrument('BTCUSDT')!.intervals).toEqual(['5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '3d', '1w', '1M'])
    expect(openTimes(await market.candles({ symbol: 'BTCUSDT', interval: '1m', ...all }))).toEqual([])
  })

  it('reads again what the bounded cache let go', async () => {
    const market = await openRecordedMarket(await folder({
      'BTCUSDT-5m.csv': [header, ...rowsOf(0, 50)].join('\n'), 'ETHUSDT-5m.csv': [header, ...rowsOf(0, 50)].join('\n'),
    }), { cacheBytes: 1 })
    for (const symbol of ['BTCUSDT', 'ETHUSDT', 'BTCUSDT']) {
      const answers = await Promise.all([1, 2].map(() => market.candles({ symbol, interval: '15m', ...all })))
      expect(answers.map((slice) => slice.end - slice.start)).toEqual([16, 16])
    }
  })

  it.each([
    ['a number that is none', [header, row(0), `${start + fiveMinutes},1,x,1,1,1`], 3, "high 'x'"],
    ['a missing number', [header, `${start},1,,1,1,1`], 2, "high ''"],
    ['too few fields', [header, row(0), `${start + fiveMinutes},1,2`], 3, '3 fields, expected 6'],
    ['times that do not ascend', [header, row(1), row(0)], 3, 'is not after'],
    ['a repeated time', [header, row(0), row(0)], 3, 'is not after'],
    ['a negative price', [header, `${start},-1,1,1,1,1`], 2, "open '-1'"],
    ['a time that is none', [header, row(0), 'soon,1,1,1,1,1', row(2)], 3, "'soon' is not a time"],
    ['an unknown header', ['time,price', '1,2'], 1, 'neither a header'],
  ])('names file and line of %s', async (_, lines, line, problem) => {
    const directory = await folder({ 'BTCUSDT-5m.csv': lines.join('\n') })
    const read = async () => {
      for await (const _row of readCandleRows(join(directory, 'BTCUSDT-5m.csv'))) { /* to the end */ }
    }
    await expect(read()).rejects.toMatchObject({
      code: 'BAD_DATA_FILE', message: expect.stringMatching(new RegExp(`BTCUSDT-5m\\.csv, line ${line}: .*${problem}`)), details: { line },
    })
  })

  it('names a damaged archive and an empty folder', async () => {
    const directory = await folder({ 'BTCUSDT-5m.csv.gz': [header, ...rowsOf(0, 500)].join('\n') })
    const { readFile } = await import('node:fs/promises')
    const file = join(directory, 'BTCUSDT-5m.csv.gz')
    await writeFile(file, (await readFile(file)).subarray(0, 200))
    await expect(openRecordedMarket(directory)).rejects.toMatchObject({ code: 'BAD_DATA_FILE', message: expect.stringContaining('BTCUSDT-5m.csv.gz cannot be read') })
    await expect(openRecordedMarket(await folder({ 'notes.txt': '' }))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(openRecordedMarket(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'BAD_DATA_FILE' })
  })
})

const data = resolve(process.env.STREAMFORGE_DATA ?? join(import.meta.dirname, '../../../../shared/data'))
describe.skipIf(!existsSync(join(data, 'klines')))('real recorded data (skipped without STREAMFORGE_DATA or ../shared/data)', () => {
  it('has the hour files equal to the sums of the five-minute files in every complete hour', async () => {
    const market = await openRecordedMarket(data)
    const ask = (interval: '1h' | '5m') => market.candles({ symbol: 'BTCUSDT', interval, ...all, from: start, to: Date.UTC(2023, 0, 1) })
    const { aggregateCandles } = await import('./aggregate-candles.ts')
    const recorded = await ask('1h')
    const summed = aggregateCandles(await ask('5m'), '5m', '1h')
    expect(summed.length).toBe(153 * 24)
    const line = (c: typeof summed, i: number) => [c.openTime[i], c.open[i], c.high[i], c.low[i], c.close[i], c.volume[i]]
    for (let i = 0; i < summed.length; i++) expect(line(summed, i)).toEqual(line(recorded.columns, recorded.start + i))
  })

  it('knows the extent of CVC with its hole, and all trades', async () => {
    const market = await openRecordedMarket(data)
    const cvc = await market.candles({ symbol: 'CVCUSDT', interval: '5m', ...all })
    expect(cvc.end - cvc.start).toBe(77_345)
    expect(market.end).toBe(Date.UTC(2023, 8, 27, 18, 25))
    let trades = 0
    for await (const _ of readTradeRows(market.files.find((file) => file.content === 'trades')!.file)) trades++
    expect(trades).toBe(2001)
  })
})
