import { StreamForgeError, type Interval } from '@streamforge/contracts'
import { aggregateCandles, bestBase, derivableIntervals } from './aggregate-candles.ts'
import { boundedCache } from './bounded-cache.ts'
import {
  allocateCandles, allocateTrades, candleBytes, copyCandle, joinTrades, limitSlice, lowerBound, noCandles, noTrades,
  type CandleColumns, type TradeColumns,
} from './market-columns.ts'
import type { CandleQuery, Market, MarketInstrument, TradeQuery } from './market.ts'
import { listRecordedFiles, type RecordedCandleFile, type RecordedFile, type RecordedTradeFile } from './recorded-files.ts'
import { badRow, candleRowPieces, fieldNumber, readTradeRows, type RowCursor } from './recorded-rows.ts'
import { splitSymbol } from './split-symbol.ts'

export interface RecordedMarket extends Market {
  readonly kind: 'recorded'
  /** The files that the market is made of, by path. */
  readonly files: readonly RecordedFile[]
}

/**
 * Opens a folder of recorded files (see {@link listRecordedFiles}). Series are read when first asked for and held by column;
 * those used longest ago are let go beyond `cacheBytes` (default 24 MiB).
 *
 * Several files of one symbol and interval are one series. An interval with files of its own is served from them alone; any
 * other is added up from the longest recorded one that divides it: whole candles only, unless a query says `partial`.
 * @throws StreamForgeError BAD_DATA_FILE; NOT_FOUND when the folder holds no market file
 */
export async function openRecordedMarket(directory: string, options: { cacheBytes?: number } = {}): Promise<RecordedMarket> {
  const files = await listRecordedFiles(directory)
  if (files.length === 0) {
    throw new StreamForgeError('NOT_FOUND', `'${directory}' holds no recorded market file`, {
      remedy: "name files like 'BTCUSDT-5m.csv.gz' or 'BTCUSDT-trades-2021-01-08.csv'",
    })
  }
  const instruments = describeInstruments(files)
  const series = cachedSeries(files, options.cacheBytes ?? 24 * 1024 * 1024)
  return {
    kind: 'recorded',
    files,
    end: Math.max(...files.map((file) => file.to)),
    instruments: () => [...instruments.values()],
    instrument: (symbol) => instruments.get(symbol),
    async candles(query: CandleQuery) {
      const columns = await series.candles(query.symbol, query.interval, query.partial ?? false)
      if (!columns) return noCandles
      return limitSlice(columns, lowerBound(columns.openTime, query.from), lowerBound(columns.openTime, query.to), query.limit, query.latest)
    },
    async trades(query: TradeQuery) {
      const columns = await series.trades(query.symbol)
      if (!columns) return noTrades
      const first = Math.max(lowerBound(columns.time, query.from), lowerBound(columns.id, query.fromId ?? 0))
      return limitSlice(columns, first, lowerBound(columns.time, query.to), query.limit, query.latest)
    },
  }
}

function describeInstruments(files: readonly RecordedFile[]): Map<string, MarketInstrument> {
  const instruments = new Map<string, MarketInstrument>()
  for (const symbol of [...new Set(files.map((file) => file.symbol))].sort()) {
    const own = files.filter((file) => file.symbol === symbol)
    const recorded = own.flatMap((file) => (file.content === 'candles' ? [file.interval] : []))
    instruments.set(symbol, {
      symbol, ...splitSymbol(symbol), priceDecimals: 8, quantityDecimals: 8,
      intervals: derivableIntervals(recorded), hasTrades: own.some((file) => file.content === 'trades'),
      from: Math.min(...own.map((file) => file.from)), to: Math.max(...own.map((file) => file.to)),
    })
  }
  return instruments
}

/** Loads each series once, however many ask for it at the same time. */
function cachedSeries(files: readonly RecordedFile[], cacheBytes: number) {
  const cache = boundedCache<CandleColumns>(cacheBytes)
  const tradeCache = boundedCache<TradeColumns>(cacheBytes)
  const pending = new Map<string, Promise<unknown>>()

  const once = <T>(key: string, load: () => Promise<T>): Promise<T> => {
    const running = pending.get(key) as Promise<T> | undefined
    if (running) return running
    const started = load().finally(() => pending.delete(key))
    pending.set(key, started)
    return started
  }

  const candles = async (symbol: string, interval: Interval, partial: boolean): Promise<CandleColumns | undefined> => {
    const own = files.filter((file) => file.content === 'candles' && file.symbol === symbol) as RecordedCandleFile[]
    const base = bestBase(interval, own.map((file) => file.interval))
    if (!base) return undefined
    const key = `${symbol} ${interval} ${base !== interval && partial}`
    const cached = cache.get(key)
    if (cached) return cached
    return once(key, async () => {
      const columns = await (base === interval
        ? loadCandles(own.filter((file) => file.interval === interval))
        : candles(symbol, base, false).then((source) => aggregateCandles({ columns: source!, start: 0, end: source!.length }, base, interval, partial)))
      cache.set(key, columns, candleBytes(columns))
      return columns
    })
  }

  const trades = async (symbol: string): Promise<TradeColumns | undefined> => {
    const cached = tradeCache.get(symbol)
    if (cached) return cached
    const own = files.filter((file) => file.content === 'trades' && file.symbol === symbol) as RecordedTradeFile[]
    if (own.length === 0) return undefined
    return once(`${symbol} trades`, async () => {
      const columns = await loadTrades(own)
      tradeCache.set(symbol, columns, columns.length * 40)
      return columns
    })
  }
  return { candles, trades }
}

async function loadCandles(files: readonly RecordedCandleFile[]): Promise<CandleColumns> {
  const parts: CandleColumns[] = []
  for (const file of files) parts.push(await readColumns(file))
  return parts.reduce((left, right) => mergeCandles(left, right, files))
}

async function readColumns(file: RecordedCandleFile): Promise<CandleColumns> {
  const columns = allocateCandles(file.rows, file.hasDetails)
  let i = 0
  for await (const _ of candleRowPieces(file.file, (openTime, row) => {
    columns.openTime[i] = openTime
    setRow(columns, i++, row)
  }));
  if (i !== file.rows) throw badRow(file.file, file.rows, `the file has ${i} rows now, it had ${file.rows} when it was listed`)
  return columns
}

function setRow(columns: CandleColumns, i: number, row: RowCursor): void {
  columns.open[i] = fieldNumber(row, 1, 'open')
  columns.high[i] = fieldNumber(row, 2, 'high')
  columns.low[i] = fieldNumber(row, 3, 'low')
  columns.close[i] = fieldNumber(row, 4, 'close')
  columns.volume[i] = fieldNumber(row, 5, 'volume')
  if (!columns.details) return
  columns.details.quoteVolume[i] = fieldNumber(row, 7, 'quote volume')
  columns.details.tradeCount[i] = fieldNumber(row, 8, 'trade count')
  columns.details.takerBuyVolume[i] = fieldNumber(row, 9, 'taker buy volume')
  columns.details.takerBuyQuoteVolume[i] = fieldNumber(row, 10, 'taker buy quote volume')
}

/** Merges by open time. A candle that both have must be the same in both. @throws StreamForgeError BAD_DATA_FILE */
function mergeCandles(a: CandleColumns, b: CandleColumns, files: readonly RecordedCandleFile[]): CandleColumns {
  const picks: { from: CandleColumns; i: number }[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const left = i < a.length ? a.openTime[i]! : Infinity
    const right = j < b.length ? b.openTime[j]! : Infinity
    if (left === right && !sameCandle(a, i, b, j)) {
      throw new StreamForgeError('BAD_DATA_FILE', `the files of ${files[0]!.symbol} ${files[0]!.interval} disagree about the candle at ${left}`, {
        remedy: 'keep the right one of the files', details: { files: files.map((file) => file.file) },
      })
    }
    if (left <= right) picks.push({ from: a, i })
    else picks.push({ from: b, i: j })
    if (left <= right) i++
    if (right <= left) j++
  }
  const merged = allocateCandles(picks.length, a.details !== undefined && b.details !== undefined)
  picks.forEach((pick, k) => copyCandle(pick.from, pick.i, merged, k))
  return merged
}

const sameCandle = (a: CandleColumns, i: number, b: CandleColumns, j: number) =>
  (['open', 'high', 'low', 'close', 'volume'] as const).every((name) => a[name][i] === b[name][j])

async function loadTrades(files: readonly RecordedTradeFile[]): Promise<TradeColumns> {
  const parts = []
  let lastId = -1
  for (const file of [...files].sort((a, b) => a.firstId - b.firstId)) {
    if (file.firstId <= lastId) throw badRow(file.file, 2, `trade id ${file.firstId} is in another file of ${file.symbol} too`)
    lastId = file.lastId
    const columns = allocateTrades(file.rows)
    let i = 0
    for await (const row of readTradeRows(file.file)) {
      columns.id[i] = row.trade_id
      columns.time[i] = row.event_time
      columns.price[i] = row.price
      columns.quantity[i] = row.quantity
      columns.buyerMaker[i++] = row.buyer_maker ? 1 : 0
    }
    parts.push({ columns, start: 0, end: file.rows })
  }
  return joinTrades(parts).columns
}

