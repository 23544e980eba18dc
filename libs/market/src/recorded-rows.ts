import { MAX_EPOCH_MS, MIN_EPOCH_MS, StreamForgeError, toEpochMs } from '@streamforge/contracts'
import { readDecimal } from './recorded-decimal.ts'
import { wholeLines } from './recorded-lines.ts'

const COMMA = 44
const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/** A candle as a recorded file has it; the optional fields only where the file carries them. */
export interface RecordedCandleRow {
  open_time: number
  open: number
  high: number
  low: number
  close: number
  volume: number
  quote_volume?: number
  trade_count?: number
  taker_buy_volume?: number
  taker_buy_quote_volume?: number
}

export interface RecordedTradeRow {
  trade_id: number
  event_time: number
  price: number
  quantity: number
  buyer_maker: boolean
}

export function badRow(file: string, line: number, problem: string): StreamForgeError {
  return new StreamForgeError('BAD_DATA_FILE', `${file}, line ${line}: ${problem}`, {
    remedy: 'repair or remove the file; the README of the data folder tells the formats', details: { file, line },
  })
}

/** Whether a candle file has a header, how many fields a row has, and whether columns 8-11 are Binance's extra ones. */
export interface CandleLayout {
  readonly header: boolean
  readonly fields: number
  readonly details: boolean
}

/** Recognises a candle file by its first line. @throws StreamForgeError BAD_DATA_FILE */
export function candleLayout(firstLine: string, file: string): CandleLayout {
  const names = firstLine.split(',')
  if (/^\d{10,16}$/.test(names[0] ?? '') && names.length === 12) return { header: false, fields: 12, details: true }
  const known = ['open', 'high', 'low', 'close', 'volume'].every((name, k) => names[k + 1] === name)
  if (known && (names[0] === 'open_time' || names[0] === 'date')) return { header: true, fields: names.length, details: names.length === 12 }
  throw badRow(file, 1, `'${firstLine.slice(0, 80)}' is neither a header of a candle file nor a row of Binance's 12 columns`)
}

export function firstLineOf(bytes: Buffer): string {
  const end = bytes.indexOf(LINE_FEED)
  return bytes.toString('latin1', 0, Math.min(end < 0 ? bytes.length : end, 4096)).trimEnd()
}

/** One row while it is read: where its fields lie in the bytes. Field k is `[bounds[k], bounds[k + 1] - 1)`. */
export interface RowCursor {
  bytes: Buffer
  readonly file: string
  readonly bounds: Int32Array
  fields: number
  line: number
}

export const rowCursor = (file: string, bytes: Buffer): RowCursor => ({ bytes, file, bounds: new Int32Array(64), fields: 0, line: 0 })

/** Calls `take` for every row of a piece of whole lines, empty ones and a header on line 1 left out; the cursor goes on counting. */
export function forEachRow(cursor: RowCursor, bytes: Buffer, skipHeader: boolean, take: (row: RowCursor) => void): void {
  cursor.bytes = bytes
  for (let start = 0; start < bytes.length;) {
    let end = bytes.indexOf(LINE_FEED, start)
    if (end < 0) end = bytes.length
    cursor.line++
    const stop = end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end
    if (stop > start && !(skipHeader && cursor.line === 1)) {
      findFields(cursor, start, stop)
      take(cursor)
    }
    start = end + 1
  }
}

function findFields(cursor: RowCursor, start: number, stop: number): void {
  const { bytes, bounds } = cursor
  let count = 1
  bounds[0] = start
  for (let i = start; i < stop && count < 63; i++) if (bytes[i] === COMMA) bounds[count++] = i + 1
  bounds[count] = stop + 1
  cursor.fields = count
}

const fieldText = (row: RowCursor, k: number) => row.bytes.toString('latin1', row.bounds[k], row.bounds[k + 1]! - 1)

/** A field that must be a finite number of at least 0. */
export function fieldNumber(row: RowCursor, k: number, name: string): number {
  const value = readDecimal(row.bytes, row.bounds[k]!, row.bounds[k + 1]! - 1)
  if (value >= 0 && value < Infinity) return value
  throw badRow(row.file, row.line, `${name} '${fieldText(row, k)}' is not a number of at least 0`)
}

/** Milliseconds of a field: an epoch number of any unit, or a date, in UTC whether it says so or not. */
export function fieldTime(row: RowCursor, k: number): number {
  const value = readDecimal(row.bytes, row.bounds[k]!, row.bounds[k + 1]! - 1)
  if (value >= MIN_EPOCH_MS && value < MAX_EPOCH_MS && Number.isInteger(value)) return value
  return recordedTime(fieldText(row, k), row.file, row.line)
}

function recordedTime(field: string, file: string, line: number): number {
  try {
    if (/^\d+$/.test(field)) return toEpochMs(Number(field))
  } catch {
    throw badRow(file, line, `time '${field}' is not between 2000 and 2100`)
  }
  const iso = field.replace(' ', 'T')
  const ms = Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(iso) ? iso : `${iso}Z`)
  if (Number.isNaN(ms)) throw badRow(file, line, `'${field}' is not a time`)
  return ms
}

/**
 * Reads a candle file, calling `take` with each row's open time and cursor; open, high, low, close and volume are fields 1
 * to 5. Times must ascend. Yields after every piece of rows. @throws StreamForgeError BAD_DATA_FILE naming file and line
 */
export async function* candleRowPieces(file: string, take: (openTime: number, row: RowCursor, layout: CandleLayout) => void): AsyncGenerator<void> {
  let layout: CandleLayout | undefined
  let previous = -Infinity
  let cursor: RowCursor | undefined
  for await (const bytes of wholeLines(file)) {
    const known = (layout ??= candleLayout(firstLineOf(bytes), file))
    cursor ??= rowCursor(file, bytes)
    forEachRow(cursor, bytes, known.header, (row) => {
      if (row.fields !== known.fields) throw badRow(file, row.line, `${row.fields} fields, expected ${known.fields}`)
      const openTime = fieldTime(row, 0)
      if (openTime <= previous) throw badRow(file, row.line, `open time ${openTime} is not after ${previous}`)
      previous = openTime
      take(openTime, row, known)
    })
    yield
  }
}

/**
 * The rows of a recorded candle file, in its order, with its own numbers: to compare a store with its source.
 * @throws StreamForgeError BAD_DATA_FILE naming file and line
 */
export async function* readCandleRows(file: string): AsyncGenerator<RecordedCandleRow> {
  let rows: RecordedCandleRow[] = []
  for await (const _ of candleRowPieces(file, (openTime, row, { details }) => rows.push(candleOfRow(openTime, row, details)))) {
    yield* rows
    rows = []
  }
}

function candleOfRow(open_time: number, row: RowCursor, details: boolean): RecordedCandleRow {
  const candle: RecordedCandleRow = {
    open_time, open: fieldNumber(row, 1, 'open'), high: fieldNumber(row, 2, 'high'), low: fieldNumber(row, 3, 'low'),
    close: fieldNumber(row, 4, 'close'), volume: fieldNumber(row, 5, 'volume'),
  }
  if (details) {
    candle.quote_volume = fieldNumber(row, 7, 'quote volume')
    candle.trade_count = fieldNumber(row, 8, 'trade count')
    candle.taker_buy_volume = fieldNumber(row, 9, 'taker buy volume')
    candle.taker_buy_quote_volume = fieldNumber(row, 10, 'taker buy quote volume')
  }
  return candle
}

const tradeHeader = 'timestamp,trade_id,price,quantity,buyer_maker'

/**
 * The rows of a recorded trade file (`timestamp,trade_id,price,quantity,buyer_maker`), in its order; ids must ascend.
 * @throws StreamForgeError BAD_DATA_FILE naming file and line
 */
export async function* readTradeRows(file: string): AsyncGenerator<RecordedTradeRow> {
  let cursor: RowCursor | undefined
  let lastId = -1
  for await (const bytes of wholeLines(file)) {
    const header = cursor ? tradeHeader : firstLineOf(bytes)
    if (header !== tradeHeader) throw badRow(file, 1, `'${header.slice(0, 80)}' is not the header of a trade file`)
    cursor ??= rowCursor(file, bytes)
    const rows: RecordedTradeRow[] = []
    forEachRow(cursor, bytes, true, (row) => {
      const trade = tradeOfRow(row)
      if (trade.trade_id <= lastId) throw badRow(file, row.line, `trade id ${trade.trade_id} is not after ${lastId}`)
      lastId = trade.trade_id
      rows.push(trade)
    })
    yield* rows
  }
}

function tradeOfRow(row: RowCursor): RecordedTradeRow {
  if (row.fields !== 5) throw badRow(row.file, row.line, `${row.fields} fields, expected 5`)
  const maker = fieldText(row, 4).toLowerCase()
  if (maker !== 'true' && maker !== 'false') throw badRow(row.file, row.line, `buyer_maker '${fieldText(row, 4)}' is neither True nor False`)
  return {
    event_time: fieldTime(row, 0), trade_id: fieldNumber(row, 1, 'trade_id'),
    price: fieldNumber(row, 2, 'price'), quantity: fieldNumber(row, 3, 'quantity'), buyer_maker: maker === 'true',
  }
}
