import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { seededRandom } from '@streamforge/models'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readStocks } from './stocks.ts'

const tickers = ['AAA', 'BBB', 'CCC', 'DDD']
const days = Array.from({ length: 1275 }, (_, t) => new Date(Date.UTC(2012, 10, 19) + t * 86_400_000).toISOString().slice(0, 10))

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'sf-stocks-')) })
afterEach(() => rm(folder, { recursive: true }))

/** Files in the form of Feng et al.'s, with prices that change from `changedFrom` on. */
async function writeFiles(changedFrom = Infinity): Promise<void> {
  const random = seededRandom(3)
  const rows = tickers.flatMap((ticker) => {
    let close = 50
    return days.map((day, t) => {
      close *= 1 + (random() - 0.5) * 0.04
      const shown = t >= changedFrom ? close * 3 : close
      return ticker === 'CCC' && t % 100 === 7 ? `${ticker},${day} 16:00:00-05:00,0.0,0.0,0.0,0.0,0` : `${ticker},${day} 16:00:00-05:00,1,1,1,${shown.toFixed(4)},100`
    })
  })
  await writeFile(join(folder, 'NASDAQ_eod_2012-11_2017-12.csv.gz'), gzipSync(`ticker,date,open,high,low,close,volume\n${rows.join('\n')}\n`))
  await writeFile(join(folder, 'NASDAQ_paper_dates.csv'), days.map((day) => `${day} 16:00:00`).join('\n'))
  await writeFile(join(folder, 'NASDAQ_industry_ticker.json'), JSON.stringify({ Software: ['AAA', 'BBB', 'ZZZ'], 'n/a': ['CCC', 'DDD'] }))
}

it('has the days of the paper: 237 of them tested, by the day whose return is forecast', async () => {
  await writeFiles()
  const { panel, split, relations } = await readStocks(folder)
  // Day 1008 of the days after the first 30 is the first whose return is forecast in the test part, day 1244 the last.
  expect(split.test).toEqual({ from: 30 + 1008 - 1, to: 1274 })
  expect(split.test.to - split.test.from).toBe(237)
  expect(split.validation.from).toBe(30 + 756 - 1)
  expect(split.train.to + 16).toBe(split.validation.from)
  expect(panel.symbols).toEqual(tickers)
  // A price of 0 is none: no return from it, none to it.
  expect(panel.close[7 * 4 + 2]).toBeNaN()
  expect([panel.returns[7 * 4 + 2], panel.returns[6 * 4 + 2]]).toEqual([NaN, NaN])
  expect([...relations.weights[0]!]).toEqual([0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
})

it('shows no row anything of the days after it', async () => {
  await writeFiles()
  const before = await readStocks(folder)
  await writeFiles(1000)
  const after = await readStocks(folder)
  const cells = 1000 * tickers.length * before.panel.featureNames.length
  expect(after.panel.features.subarray(0, cells)).toEqual(before.panel.features.subarray(0, cells))
  expect(after.panel.features.subarray(cells)).not.toEqual(before.panel.features.subarray(cells))
})
