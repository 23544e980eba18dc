import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { EpochMs } from '@streamforge/contracts'
import { readDecimal } from './recorded-decimal.ts'
import { wholeLines } from './recorded-lines.ts'
import { badRow, firstLineOf, forEachRow, rowCursor, type RowCursor } from './recorded-rows.ts'

/** Daily bars of one stock by column, in order of days; NaN where the file has no such price. Prices in its currency, volume in shares. */
export interface RecordedStock {
  readonly ticker: string
  readonly file: string
  /** Midnights UTC of the sessions' dates. */
  readonly days: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
}

/** The stocks of a folder of recorded files. */
export interface RecordedStocks {
  readonly tickers: readonly string[]
  stock(ticker: string): RecordedStock | undefined
}

const columns = ['open', 'high', 'low', 'close', 'volume'] as const

/**
 * Reads the files of daily stock prices below a folder: CSV, packed or not, whose header names `ticker`, `date`, `open`, `high`, `low`, `close` and `volume`
 * in any order and case; other columns are passed over. A date may have a time of day behind it. A price of 0, an empty field, `null` and `nan` are missing.
 * Of a ticker that several files have, the file with the most bars counts alone: they adjust prices differently.
 * @throws StreamForgeError BAD_DATA_FILE naming file and line
 */
export async function readRecordedStocks(directory: string): Promise<RecordedStocks> {
  const stocks = new Map<string, RecordedStock>()
  for (const file of (await readdir(directory, { recursive: true })).filter((name) => /\.csv(\.gz)?$/.test(name)).sort()) {
    for (const stock of await readStockFile(join(directory, file))) {
      if (stock.days.length > (stocks.get(stock.ticker)?.days.length ?? 0)) stocks.set(stock.ticker, stock)
    }
  }
  return { tickers: [...stocks.keys()].sort(), stock: (ticker) => stocks.get(ticker) }
}

type Rows = Record<'days' | (typeof columns)[number], number[]>

/** The stocks of one file; none when it is of another kind. */
async function readStockFile(file: string): Promise<RecordedStock[]> {
  const rows = new Map<string, Rows>()
  const dayOf = dayReader()
  let layout: Layout | undefined
  let cursor: RowCursor | undefined
  for await (const bytes of wholeLines(file)) {
    layout ??= layoutOf(firstLineOf(bytes))
    if (!layout) return []
    const known = layout
    cursor ??= rowCursor(file, bytes)
    forEachRow(cursor, bytes, true, (row) => addRow(rows, known, row, dayOf))
  }
  return [...rows].map(([ticker, own]) => toColumns(ticker, file, own))
}

interface Layout {
  fields: number
  ticker: number
  date: number
  values: readonly number[]
}

function layoutOf(header: string): Layout | undefined {
  const names = header.toLowerCase().split(',')
  const at = (name: string) => names.indexOf(name)
  const layout = { fields: names.length, ticker: at('ticker'), date: at('date'), values: columns.map(at) }
  return [layout.ticker, layout.date, ...layout.values].includes(-1) ? undefined : layout
}

/** All stocks of a file have the same days: each is made of its text once. */
function dayReader(): (date: string) => number {
  const days = new Map<string, number>()
  return (date) => {
    const known = days.get(date)
    if (known !== undefined) return known
    const day = Date.parse(`${date}T00:00:00Z`)
    days.set(date, day)
    return day
  }
}

const lengthOfDate = 10
const text = ({ bytes, bounds }: RowCursor, k: number, atMost = Infinity) => bytes.toString('latin1', bounds[k], Math.min(bounds[k + 1]! - 1, bounds[k]! + atMost))

function addRow(rows: Map<string, Rows>, { fields, ticker, date, values }: Layout, row: RowCursor, dayOf: (date: string) => number): void {
  if (row.fields !== fields) throw badRow(row.file, row.line, `${row.fields} fields, expected ${fields}`)
  const name = text(row, ticker)
  const day = dayOf(text(row, date, lengthOfDate))
  if (name === '' || Number.isNaN(day)) throw badRow(row.file, row.line, `'${text(row, date)}' of '${name}' is no date of a ticker`)
  let own = rows.get(name)
  if (!own) rows.set(name, own = { days: [], open: [], high: [], low: [], close: [], volume: [] })
  own.days.push(day)
  columns.forEach((column, k) => own[column].push(numberOf(row, values[k]!, column)))
}

/** A volume of 0 is one; a price of 0 is none. */
function numberOf(row: RowCursor, k: number, column: string): number {
  const value = readDecimal(row.bytes, row.bounds[k]!, row.bounds[k + 1]! - 1)
  if (value > 0 && value < Infinity) return value
  if (value === 0) return column === 'volume' ? 0 : NaN
  if (/^(|null|nan)$/i.test(text(row, k))) return NaN
  throw badRow(row.file, row.line, `${column} '${text(row, k)}' is not a number of at least 0`)
}

/** In order of days; of a day that comes twice the first counts. */
function toColumns(ticker: string, file: string, rows: Rows): RecordedStock {
  const order = rows.days.map((_, i) => i).sort((a, b) => rows.days[a]! - rows.days[b]! || a - b).filter((at, i, all) => i === 0 || rows.days[at] !== rows.days[all[i - 1]!])
  const column = (name: keyof Rows) => Float64Array.from(order, (at) => rows[name][at]!)
  return { ticker, file, days: column('days'), open: column('open'), high: column('high'), low: column('low'), close: column('close'), volume: column('volume') }
}

/** Places of the bars whose days lie within [from, to). */
export function barsWithin({ days }: RecordedStock, from: EpochMs, to: EpochMs): number[] {
  return Array.from(days.keys()).filter((at) => days[at]! >= from && days[at]! < to)
}
