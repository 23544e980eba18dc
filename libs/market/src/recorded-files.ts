import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Interval, nextOpenTime, StreamForgeError, type EpochMs } from '@streamforge/contracts'
import { wholeLines } from './recorded-lines.ts'
import { badRow, candleLayout, fieldTime, firstLineOf, readTradeRows, type CandleLayout, type RecordedTradeRow } from './recorded-rows.ts'

const LINE_FEED = 10

/** One file of candles. `rows` candles open between `from` (included) and `to` (excluded, the end of the last candle). */
export interface RecordedCandleFile {
  readonly content: 'candles'
  readonly venue: 'binance'
  readonly symbol: string
  readonly interval: Interval
  readonly from: EpochMs
  readonly to: EpochMs
  readonly rows: number
  readonly file: string
  /** Whether the file carries quote volume, trade count and taker volumes. */
  readonly hasDetails: boolean
}

export interface RecordedTradeFile {
  readonly content: 'trades'
  readonly venue: 'binance'
  readonly symbol: string
  readonly from: EpochMs
  readonly to: EpochMs
  readonly rows: number
  readonly firstId: number
  readonly lastId: number
  readonly file: string
}
export type RecordedFile = RecordedCandleFile | RecordedTradeFile

const candleName = /^([A-Z0-9]{2,24})-(1s|\d{1,2}[mhdwM])(?:-[\d-]+)?\.csv(?:\.gz)?$/
const tradeName = /^([A-Za-z0-9]{2,24})-trades(?:-[\d-]+)?\.csv(?:\.gz)?$/

/**
 * Finds the market files below a folder by their names (`BTCUSDT-5m.csv.gz`, `BTCUSDT-1m-2022-01.csv`,
 * `btcusdt-trades-2021-01-08.csv`) and reads the extent of each. Other files are not looked at.
 * @throws StreamForgeError BAD_DATA_FILE when the folder cannot be read or a file's first or last row is broken
 */
export async function listRecordedFiles(directory: string): Promise<RecordedFile[]> {
  const names = await readdir(directory, { recursive: true }).catch((cause: unknown) => {
    throw new StreamForgeError('BAD_DATA_FILE', `data folder '${directory}' cannot be read`, { cause, remedy: 'give a folder of recorded files' })
  })
  const found: RecordedFile[] = []
  const waiting = names.map((name) => join(directory, name)).sort()
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const described = await describeFile(file)
      if (described) found.push(described)
    }
  }
  // Few at once: unpacking has two or three cores at best.
  await Promise.all([worker(), worker()])
  return found.sort((a, b) => (a.file < b.file ? -1 : 1))
}

async function describeFile(file: string): Promise<RecordedFile | undefined> {
  const name = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)
  const candles = candleName.exec(name)
  const interval = Interval.safeParse(candles?.[2])
  if (candles && interval.success) return describeCandles(file, candles[1]!, interval.data)
  const trades = tradeName.exec(name)
  return trades ? describeTrades(file, trades[1]!.toUpperCase()) : undefined
}

/** Reads the first and the last row and counts the lines; the rows between are read when they are first asked for. */
async function describeCandles(file: string, symbol: string, interval: Interval): Promise<RecordedCandleFile | undefined> {
  let layout: CandleLayout | undefined
  let from: number | undefined
  let last: Buffer | undefined
  let lines = 0
  let rows = 0
  for await (const bytes of wholeLines(file)) {
    const isFirst = layout === undefined
    layout ??= candleLayout(firstLineOf(bytes), file)
    const start = isFirst && layout.header ? bytes.indexOf(LINE_FEED) + 1 || bytes.length : 0
    const found = countRows(bytes.subarray(start))
    if (found.rows > 0) {
      from ??= rowTime(bytes.subarray(start), file, lines + (start > 0 ? 2 : 1))
      last = Buffer.from(found.last)
    }
    rows += found.rows
    lines += found.rows + (start > 0 ? 1 : 0)
  }
  if (!layout || from === undefined || !last) return undefined
  return {
    content: 'candles', venue: 'binance', symbol, interval, from, to: nextOpenTime(rowTime(last, file, lines), interval), rows, file,
    hasDetails: layout.details,
  }
}

/** The time at the beginning of a row. */
function rowTime(bytes: Buffer, file: string, line: number): number {
  const end = bytes.indexOf(',')
  if (end < 0) throw badRow(file, line, 'not a row')
  return fieldTime({ bytes, file, line, fields: 1, bounds: Int32Array.of(0, end + 1) }, 0)
}

async function describeTrades(file: string, symbol: string): Promise<RecordedTradeFile | undefined> {
  let first: RecordedTradeRow | undefined
  let last: RecordedTradeRow | undefined
  let rows = 0
  for await (const row of readTradeRows(file)) {
    first ??= row
    last = row
    rows++
  }
  if (!first || !last) return undefined
  return {
    content: 'trades', venue: 'binance', symbol, from: first.event_time, to: last.event_time + 1, rows,
    firstId: first.trade_id, lastId: last.trade_id, file,
  }
}

/** Lines that are not empty, and the last of them. */
function countRows(bytes: Buffer): { rows: number; last: Buffer } {
  let rows = 0
  let last = bytes.subarray(0, 0)
  for (let start = 0; start < bytes.length;) {
    let end = bytes.indexOf(LINE_FEED, start)
    if (end < 0) end = bytes.length
    if (end - start > 1) {
      rows++
      last = bytes.subarray(start, end)
    }
    start = end + 1
  }
  return { rows, last }
}
