import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { StreamForgeError, type BookDiff, type BookSnapshot, type BookTicker } from '@streamforge/contracts'
import { binanceBookDiff, binanceBookSnapshot, binanceBookTicker } from './binance-book.ts'
import type { BookInstrument } from './sync-state.ts'

export interface RecordedBook {
  /** Below a data folder's `ws_frames/hftbacktest`. */
  readonly file: string
  readonly instrument: BookInstrument
}

const recorded = (file: string, symbol: string, market: BookInstrument['market']): RecordedBook =>
  ({ file, instrument: { venue: 'binance', symbol, market } })

/** The books that were recorded, each six minutes of depth, best bid and offer, and trade frames. */
export const recordedBooks: readonly RecordedBook[] = [
  recorded('spot_btcusdt_20240808.gz', 'BTCUSDT', 'spot'),
  recorded('spot_ethusdt_20240808.gz', 'ETHUSDT', 'spot'),
  recorded('usdm_ethusdt_20240808.gz', 'ETHUSDT', 'usdm'),
  recorded('cm_btcusd_perp_20240808.gz', 'BTCUSD_PERP', 'coinm'),
]

export const recordedBookFile = (dataDirectory: string, book: RecordedBook) => join(dataDirectory, 'ws_frames/hftbacktest', book.file)

/** The recording asked for 1000 levels a side. */
const SNAPSHOT_DEPTH = 1000

/**
 * The book records of a recording, in the order of receipt; trades are passed over. Each line is a receipt in nanoseconds, a space,
 * and a frame of the combined stream or the body of a REST snapshot.
 * @throws StreamForgeError BAD_MESSAGE when a line is neither
 */
export function* readRecordedBook(path: string, instrument: BookInstrument): Generator<BookDiff | BookSnapshot | BookTicker> {
  for (const line of gunzipSync(readFileSync(path)).toString().split('\n')) {
    if (line === '') continue
    const space = line.indexOf(' ')
    const knownTime = Math.floor(Number(line.slice(0, space)) / 1e6)
    const frame = JSON.parse(line.slice(space + 1)) as { stream?: string; data?: unknown }
    const stream = frame.stream?.split('@')[1]
    if (stream === undefined) yield binanceBookSnapshot(frame, instrument, SNAPSHOT_DEPTH, knownTime)
    else if (stream === 'depth') yield binanceBookDiff(frame.data, instrument, knownTime)
    else if (stream === 'bookTicker') yield binanceBookTicker(frame.data, instrument, knownTime)
    else if (stream !== 'trade') throw new StreamForgeError('BAD_MESSAGE', `${path} has a frame of the unknown stream '${frame.stream}'`)
  }
}
