import {
  candleKeyRange, canonicalCandle, canonicalLine, canonicalTrade, parseDataType, tradeKeyRange, type CoverageCertificate, type MarketRecord,
} from '@streamforge/contracts'
import { readCandleRows, readTradeRows, type RecordedFile } from '@streamforge/market'
import type { Store, StoredDocument } from '@streamforge/store'
import { compareLines, type Comparison } from '../compare-lines.ts'

/** The file that a certificate's dataset was loaded from, when the whole of it and nothing else is in the range. */
export function sourceFile(certificate: CoverageCertificate, files: readonly RecordedFile[]): RecordedFile | undefined {
  const type = parseDataType(certificate.type)
  return files.find((f) => f.symbol === certificate.symbol && f.from === certificate.from && f.to === certificate.to &&
    (type.content === 'candles' ? f.content === 'candles' && f.interval === type.interval : f.content === 'trades' && type.content === 'trades'))
}

/** Compares what the store holds of a dataset with its recorded file, row by row; nothing of the loading path is used. */
export function verifyAgainstFile(store: Store, certificate: CoverageCertificate, file: RecordedFile): Promise<Comparison> {
  return compareLines(
    inPages(file.content === 'candles' ? mapped(readCandleRows(file.file), canonicalCandle) : mapped(readTradeRows(file.file), canonicalTrade)),
    storedLines(store, certificate),
  )
}

export async function* storedLines(store: Store, certificate: CoverageCertificate): AsyncIterable<string[]> {
  const type = parseDataType(certificate.type)
  if (type.content === 'orderbook') return
  const range = type.content === 'candles' ? candleKeyRange(certificate.symbol, type.interval, certificate) : tradeKeyRange(certificate.symbol)
  for await (const page of store.scan<MarketRecord & StoredDocument>(certificate.collection_name, range)) yield page.map(canonicalLine)
}

async function* mapped<Row>(rows: AsyncIterable<Row>, line: (row: Row) => string): AsyncIterable<string> {
  for await (const row of rows) yield line(row)
}

async function* inPages(all: AsyncIterable<string>): AsyncIterable<string[]> {
  let page: string[] = []
  for await (const line of all) {
    if (page.push(line) < 5_000) continue
    yield page
    page = []
  }
  yield page
}
