import { createHash } from 'node:crypto'
import { Interval, intervalLengths, nextOpenTime } from '@streamforge/contracts'
import { boundedCache } from '@streamforge/market'
import type { Exchange } from './binance-rest.ts'
import type { Misfortune } from './faults.ts'
import { renderKlineLines } from './render-candles.ts'
import { renderAggregateTradeLines } from './render-trades.ts'
import type { Reply } from './reply.ts'
import { closedCandles, visibleTrades } from './visible-market.ts'
import { zipArchive } from './zip-archive.ts'

/** From here on Binance's archives count in microseconds. */
const microsecondsFrom = Date.UTC(2025, 0, 1)
const pageRows = 10_000
const cacheBytes = 16 * 1024 * 1024

/** An archive file as its path asks for it: the rows of one UTC day or month. */
export interface ArchivePath {
  readonly symbol: string
  /** Undefined: aggregate trades. */
  readonly interval: Interval | undefined
  readonly from: number
  readonly to: number
  /** Without `.zip`. */
  readonly name: string
  readonly checksum: boolean
}

const klinePath = /^\/data\/spot\/(daily|monthly)\/klines\/([A-Z0-9]+)\/([0-9a-z]+)\/\2-\3-([\d-]+)\.zip(\.CHECKSUM)?$/
const tradePath = /^\/data\/spot\/(daily|monthly)\/aggTrades\/([A-Z0-9]+)\/\2-aggTrades-([\d-]+)\.zip(\.CHECKSUM)?$/

export function parseArchivePath(path: string): ArchivePath | undefined {
  const klines = klinePath.exec(path)
  const trades = klines ? null : tradePath.exec(path)
  const [period, symbol, date, checksum] = klines ? [klines[1], klines[2], klines[4], klines[5]] : [trades?.[1], trades?.[2], trades?.[3], trades?.[4]]
  const range = date && periodOf(period === 'daily', date)
  if (!symbol || !range) return undefined
  // Archives spell a month `1mo`, for names that differ in case alone are one on some disks.
  const interval = klines ? Interval.safeParse(klines[3] === '1mo' ? '1M' : klines[3]) : undefined
  if (interval && !interval.success) return undefined
  if (interval && period === 'daily' && (intervalLengths[interval.data] ?? Infinity) > 86_400_000) return undefined
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.zip.*$/, '')
  return { symbol, interval: interval?.data, ...range, name, checksum: checksum !== undefined }
}

function periodOf(daily: boolean, date: string): { from: number; to: number } | undefined {
  if (!(daily ? /^\d{4}-\d\d-\d\d$/ : /^\d{4}-\d\d$/).test(date)) return undefined
  const from = Date.parse(daily ? `${date}T00:00:00Z` : `${date}-01T00:00:00Z`)
  if (Number.isNaN(from) || !new Date(from).toISOString().startsWith(date)) return undefined
  return { from, to: nextOpenTime(from, daily ? '1d' : '1M') }
}

/** Makes archive files when they are asked for, and keeps the last ones for the checksum that is asked for beside them. */
export function archives(exchange: Exchange) {
  const made = boundedCache<Promise<Buffer | undefined>>(cacheBytes)
  const fileOf = (path: ArchivePath, misfortune: Misfortune): Promise<Buffer | undefined> => {
    const key = JSON.stringify([path.name, path.from, misfortune.holes.map(({ from, to }) => [from, to])])
    const known = made.get(key)
    if (known) return known
    const making = makeFile(exchange, path, misfortune)
    made.set(key, making, 0)
    making.then((file) => made.set(key, making, file?.length ?? 100), () => made.delete(key))
    return making
  }
  return {
    async answer(path: ArchivePath, misfortune: Misfortune): Promise<Reply> {
      const file = path.to <= exchange.now() && exchange.market.instrument(path.symbol) ? await fileOf(path, misfortune) : undefined
      if (!file) return notFound
      if (!path.checksum) return { status: 200, headers: { 'content-type': 'application/zip' }, body: file }
      const sum = createHash('sha256').update(file).digest('hex')
      const shown = misfortune.checksumMismatch ? sum.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) : sum
      return { status: 200, headers: { 'content-type': 'binary/octet-stream' }, body: Buffer.from(`${shown}  ${path.name}.zip\n`) }
    },
  }
}

/** As the object store behind the archives says that it has no such file. */
export const notFound: Reply = {
  status: 404, headers: { 'content-type': 'application/xml' },
  body: Buffer.from('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>'),
}

async function makeFile(exchange: Exchange, path: ArchivePath, misfortune: Misfortune): Promise<Buffer | undefined> {
  const lines = archiveLines(exchange, path, misfortune)
  const first = await lines.next()
  if (first.done) return undefined
  async function* all() {
    yield first.value as Buffer
    yield* lines
  }
  return zipArchive(`${path.name}.csv`, all())
}

async function* archiveLines({ market, now }: Exchange, path: ArchivePath, misfortune: Misfortune): AsyncGenerator<Buffer> {
  const { symbol, interval, to } = path
  const micro = path.from >= microsecondsFrom
  const quiet = { ...misfortune, duplicateRows: 0, openCandle: false }
  let from = path.from
  let fromId = 0
  while (from < to) {
    if (interval) {
      const rows = await closedCandles(market, { symbol, interval, from, to, limit: pageRows }, now(), quiet)
      if (rows.end === rows.start) return
      yield renderKlineLines(rows, interval, micro)
      from = nextOpenTime(rows.columns.openTime[rows.end - 1]!, interval)
    } else {
      const rows = await visibleTrades(market, { symbol, from, to, fromId, limit: pageRows }, now(), quiet)
      if (rows.end === rows.start) return
      yield renderAggregateTradeLines(rows, micro)
      fromId = rows.columns.id[rows.end - 1]! + 1
      from = rows.columns.time[rows.end - 1]!
    }
  }
}
