import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { barsWithin, readRecordedStocks } from './recorded-stocks.ts'

let directory: string
beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'streamforge-stocks-')) })
afterEach(() => rm(directory, { recursive: true }))
const write = (name: string, ...lines: string[]) => writeFile(join(directory, name), name.endsWith('.gz') ? gzipSync(lines.join('\n')) : lines.join('\n'))
const day = (text: string) => Date.parse(`${text}T00:00:00Z`)

describe('readRecordedStocks', () => {
  it('reads columns in any order and case, packed or not, in order of days', async () => {
    await write('a.csv.gz', 'ticker,Date,Open,High,Low,Close,Adj Close,Volume', 'IBM,2020-01-03,1,4,0.5,2,1.9,100', 'IBM,2020-01-02,1.5,2,1,1,1,7.0', 'KO,2020-01-02,3,3,3,3,3,0')
    await write('b.csv', 'volume,close,low,high,open,date,ticker', '5,2,1,4,3,2020-01-02 16:00:00-05:00,F', '')
    const stocks = await readRecordedStocks(directory)
    expect(stocks.tickers).toEqual(['F', 'IBM', 'KO'])
    const ibm = stocks.stock('IBM')!
    expect([[...ibm.days], [...ibm.open], [...ibm.close], [...ibm.volume]]).toEqual([[day('2020-01-02'), day('2020-01-03')], [1.5, 1], [1, 2], [7, 100]])
    expect(stocks.stock('F')).toMatchObject({ ticker: 'F', open: Float64Array.of(3), high: Float64Array.of(4), low: Float64Array.of(1), close: Float64Array.of(2) })
    expect(barsWithin(ibm, day('2020-01-03'), day('2020-01-09'))).toEqual([1])
    expect(stocks.stock('NONE')).toBeUndefined()
  })

  it('has no price where the file has none, and takes a volume of 0 for one', async () => {
    await write('a.csv', 'ticker,date,open,high,low,close,volume', 'IBM,2020-01-02,null,,NaN,0,0')
    const { open, high, low, close, volume } = (await readRecordedStocks(directory)).stock('IBM')!
    expect([open[0], high[0], low[0], close[0], volume[0]]).toEqual([NaN, NaN, NaN, NaN, 0])
  })

  it('counts the longest of several files alone, and passes others over', async () => {
    await write('a.csv', 'ticker,date,open,high,low,close,volume', 'IBM,2020-01-02,1,1,1,1,1', 'IBM,2020-01-02,2,2,2,2,2')
    await write('b.csv', 'ticker,date,open,high,low,close,volume', 'IBM,2021-01-05,3,3,3,3,3', 'IBM,2021-01-06,4,4,4,4,4')
    await write('posts.csv', 'date,ticker,text', '2020-01-02,IBM,up')
    const stocks = await readRecordedStocks(directory)
    expect([...stocks.stock('IBM')!.open]).toEqual([3, 4])
    expect((await readRecordedStocks(directory)).tickers).toEqual(['IBM'])
  })

  it.each([['a date', 'IBM,someday,1,1,1,1,1'], ['a price', 'IBM,2020-01-02,one,1,1,1,1'], ['a price below 0', 'IBM,2020-01-02,-1,1,1,1,1'], ['a row', 'IBM,2020-01-02,1']])('names the line of %s that it cannot read', async (_, line) => {
    await write('a.csv', 'ticker,date,open,high,low,close,volume', 'IBM,2020-01-01,1,1,1,1,1', line)
    await expect(readRecordedStocks(directory)).rejects.toMatchObject({ code: 'BAD_DATA_FILE', message: expect.stringContaining('a.csv, line 3') })
  })
})
