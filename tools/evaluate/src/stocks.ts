import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AssetRelations, buildPanel, type PanelRow, splitTime } from '@streamforge/models'
import type { Dataset } from './dataset.ts'
import { readRows } from './read-lines.ts'

/**
 * The task of Feng et al. 2019 ("Temporal Relational Ranking for Stock Prediction"): from the last 16 trading days the next day's return ratio of
 * each NASDAQ stock. Their days: 1,275 trading days, the first 30 for averages; of the others 756 are trained on, 252 tuned on, 237 tested, counted by the
 * day whose return is forecast. The parts here have those days; what must not be used lies at the end of the earlier part.
 */
const days = { averages: 30, train: 756, validation: 252, window: 16, horizon: 1 }
const averages = [5, 10, 20, 30]

interface Prices {
  ticker: string
  /** By trading day; NaN: missing (0 in the files). */
  close: Float64Array
}

/** @param folder shared/data/stocks. `limit` takes the first so many tickers */
export async function readStocks(folder: string, { limit = Infinity }: { limit?: number } = {}): Promise<Dataset> {
  const dates = (await readRows(join(folder, 'NASDAQ_paper_dates.csv'), { header: false })).map(([date]) => date!.slice(0, 10))
  const prices = (await readPrices(join(folder, 'NASDAQ_eod_2012-11_2017-12.csv.gz'), dates)).slice(0, limit)
  const symbols = prices.map(({ ticker }) => ticker)
  const openTimes = dates.map((date) => Date.parse(`${date}T00:00:00Z`))
  const panel = buildPanel({
    symbols, horizonBars: days.horizon, openTimes, featureNames: ['return_1', ...averages.map((length) => `average_${length}`)],
  }, prices.flatMap((stock) => rowsOf(stock, openTimes)))
  // The day whose return is forecast is the one after the row.
  const firstRow = (day: number) => day + days.averages - days.horizon
  const split = splitTime({
    bars: dates.length, window: days.window, horizon: days.horizon,
    validationFrom: firstRow(days.train), testFrom: firstRow(days.train + days.validation),
  })
  return {
    name: 'stocks', panel, window: days.window, blockBars: 5,
    split: { ...split, train: { ...split.train, from: days.averages + days.window - 1 } },
    relations: await readIndustries(join(folder, 'NASDAQ_industry_ticker.json'), symbols),
    description: `NASDAQ, ${symbols.length} of the paper's 1,026 stocks, days of the paper: ${split.test.to - split.test.from} test days`,
  }
}

async function readPrices(file: string, dates: readonly string[]): Promise<Prices[]> {
  const day = new Map(dates.map((date, t) => [date, t]))
  const stocks = new Map<string, Float64Array>()
  for (const [ticker, date, , , , close] of await readRows(file, { header: true })) {
    const t = day.get(date!.slice(0, 10))
    if (t === undefined) continue
    let series = stocks.get(ticker!)
    if (!series) stocks.set(ticker!, series = new Float64Array(dates.length).fill(NaN))
    if (Number(close) > 0) series[t] = Number(close)
  }
  return [...stocks].map(([ticker, close]) => ({ ticker, close }))
}

/** The paper's inputs, the price and its averages, each relative to the price: nothing is scaled by what comes later. */
function rowsOf({ ticker, close }: Prices, openTimes: readonly number[]): PanelRow[] {
  return openTimes.map((openTime, t) => ({
    symbol: ticker, openTime, knownTime: openTime + 86_400_000, close: close[t]!,
    values: [close[t]! / (close[t - 1] ?? NaN) - 1, ...averages.map((length) => meanOf(close, t, length) / close[t]! - 1)],
  }))
}

/** Of the known prices of the last `length` days; NaN where fewer than half are known. */
function meanOf(close: Float64Array, t: number, length: number): number {
  if (t + 1 < length) return NaN
  const known = close.subarray(t + 1 - length, t + 1).filter((price) => !Number.isNaN(price))
  return known.length * 2 < length ? NaN : known.reduce((sum, price) => sum + price, 0) / known.length
}

/** Stocks of the same industry are related, both ways. */
async function readIndustries(file: string, symbols: readonly string[]): Promise<AssetRelations> {
  const industries = JSON.parse(await readFile(file, 'utf8')) as Record<string, string[]>
  const place = new Map(symbols.map((symbol, n) => [symbol, n]))
  const weights = new Float32Array(symbols.length ** 2)
  for (const [name, tickers] of Object.entries(industries)) {
    if (name === 'n/a') continue
    const members = tickers.flatMap((ticker) => place.get(ticker) ?? [])
    for (const a of members) for (const b of members) if (a !== b) weights[a * symbols.length + b] = 1
  }
  return { kinds: ['sector'], weights: [weights] }
}
