import type { Candle, EpochMs, Trade } from '@streamforge/contracts'
import { downloadVerified, zippedLines } from './archive-file.ts'
import type { ArchiveFile, ArchiveSource, OpenArchive } from './archive-source.ts'
import { candleOfKline, tradeOfArchiveLine } from './binance-rows.ts'
import type { VenueHttp } from './http.ts'
import type { VenueLog } from './venue.ts'

const DAY_MS = 86_400_000

/** data.binance.vision: one zip a UTC day or month, with a `.CHECKSUM` beside it. */
export function binanceArchive(http: VenueHttp, log?: VenueLog): ArchiveSource {
  return {
    fileAt(symbol, content, period, time) {
      const span = period === 'daily' ? dayOf(time) : monthOf(time)
      const date = new Date(span.from).toISOString().slice(0, period === 'daily' ? 10 : 7)
      const path = content.kind === 'candles'
        ? `/data/spot/${period}/klines/${symbol}/${content.interval}/${symbol}-${content.interval}-${date}.zip`
        : `/data/spot/${period}/aggTrades/${symbol}/${symbol}-aggTrades-${date}.zip`
      return { symbol, content, period, ...span, path }
    },
    async open(file) {
      const downloaded = await downloadVerified(http, file.path, log)
      return downloaded && openArchive(file, downloaded)
    },
  }
}

function openArchive(file: ArchiveFile, downloaded: { path: string; discard(): Promise<void> }): OpenArchive {
  return {
    async *candles() {
      const { symbol, content } = file
      if (content.kind !== 'candles') return
      for await (const lines of zippedLines(downloaded.path)) {
        yield lines.filter(isNotEmpty).map((line): Candle => candleOfKline(line.split(','), symbol, content.interval))
      }
    },
    async *trades() {
      for await (const lines of zippedLines(downloaded.path)) {
        yield lines.filter(isNotEmpty).map((line): Trade => tradeOfArchiveLine(line.trimEnd().split(','), file.symbol))
      }
    },
    discard: downloaded.discard,
  }
}

const isNotEmpty = (line: string) => line !== '' && line !== '\r'

const dayOf = (time: EpochMs) => {
  const from = Math.floor(time / DAY_MS) * DAY_MS
  return { from, to: from + DAY_MS }
}

const monthOf = (time: EpochMs) => {
  const date = new Date(time)
  return { from: Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1), to: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) }
}
