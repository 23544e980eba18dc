import type { Bus } from '@streamforge/bus'
import {
  canonicalCandle, canonicalLine, canonicalTrade, candleKeyRange, recordKey, tradeKeyRange, type MarketRecord, type Queue,
} from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { recordOf } from './record-of.ts'
import type { KeptRecord, LoggedRecord, QueueHistory, SourceRecord } from './history.ts'

export interface HistoryParts {
  readonly bus: Bus
  readonly store: Store
  /** The venue's own address, past any bad line. */
  readonly simulator: string
}

/** What there is to know of a queue at the end; the source is asked without any of the loader's code. */
export async function readHistory({ bus, store, simulator }: HistoryParts, queue: Queue): Promise<QueueHistory> {
  const source = await (queue.type === 'api_trades' ? readTrades(simulator, queue) : readCandles(simulator, queue))
  const { certificate } = queue
  const lags = await bus.admin.lag(`arango-connector.${queue.queue_id}`, queue.kafka_topic)
  return {
    queueId: queue.queue_id, source, logged: await readLog(bus, queue), kept: await readKept(store, queue, source),
    certificate: certificate && { complete: certificate.complete, rows: certificate.rows_stored, checksum: certificate.checksum },
    ends: lags.map(({ partition, committed, latest }) => ({ partition, committed, latest })),
  }
}

type Kline = [openTime: number, open: string, high: string, low: string, close: string, volume: string, ...unknown[]]
interface AggregateTrade { a: number; p: string; q: string; T: number; m: boolean }

async function ask<T>(simulator: string, path: string, query: Record<string, string | number>): Promise<T> {
  const words = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]))
  const answer = await fetch(`${simulator}/api/v3/${path}?${words}`)
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return await answer.json() as T
}

async function readCandles(simulator: string, { symbol, type, from, to }: Queue): Promise<SourceRecord[]> {
  const interval = type.slice('api_candles_'.length)
  const records: SourceRecord[] = []
  for (let start = from; start < to!;) {
    const rows = await ask<Kline[]>(simulator, 'klines', { symbol, interval, startTime: start, endTime: to! - 1, limit: 1000 })
    if (rows.length === 0) break
    for (const [open_time, open, high, low, close, volume] of rows) {
      records.push({
        key: `${symbol}_${interval}_${open_time}`,
        line: canonicalCandle({ open_time, open: Number(open), high: Number(high), low: Number(low), close: Number(close), volume: Number(volume) }),
      })
    }
    start = rows.at(-1)![0] + 1
  }
  return records
}

async function readTrades(simulator: string, { symbol, from, to }: Queue): Promise<SourceRecord[]> {
  const records: SourceRecord[] = []
  let page = await ask<AggregateTrade[]>(simulator, 'aggTrades', { symbol, startTime: from, endTime: Math.min(to!, from + 3_600_000) - 1, limit: 1000 })
  while (page.length > 0) {
    for (const { a, p, q, T, m } of page) {
      if (T >= to!) return records
      records.push({
        key: `${symbol}_trade_${String(a).padStart(16, '0')}`,
        line: canonicalTrade({ trade_id: a, event_time: T, price: Number(p), quantity: Number(q), buyer_maker: m }),
      })
    }
    page = await ask<AggregateTrade[]>(simulator, 'aggTrades', { symbol, fromId: page.at(-1)!.a + 1, limit: 1000 })
  }
  return records
}

async function readLog(bus: Bus, queue: Queue): Promise<LoggedRecord[]> {
  const logged: LoggedRecord[] = []
  for (const { partition, earliest, latest } of (await bus.admin.describeTopic(queue.kafka_topic)).partitions) {
    for (let offset = earliest; offset < latest;) {
      const messages = await bus.admin.peek(queue.kafka_topic, { partition, offset, limit: 1000 })
      if (messages.length === 0) break
      for (const message of messages) {
        const record = recordOf(message.value, queue.symbol)
        if (record) logged.push({ partition, offset: message.offset, key: recordKey(record), part: partOf(record, queue) })
      }
      offset = messages.at(-1)!.offset + 1n
    }
  }
  return logged
}

function partOf(record: MarketRecord, { shards }: Queue): number {
  const at = record.kind === 'candle' ? record.open_time : record.event_time
  return shards.find(({ from, to }) => at >= from && at < to)?.shard ?? -1
}

async function readKept(store: Store, queue: Queue, source: readonly SourceRecord[]): Promise<KeptRecord[]> {
  const kept: KeptRecord[] = []
  for await (const page of store.scan<MarketRecord & StoredDocument>(queue.collection_name, keyRange(queue, source))) {
    for (const document of page) kept.push({ key: document._key, identity: recordKey(document), line: canonicalLine(document) })
  }
  return kept
}

/** The queue's own part of a collection that others may share. */
function keyRange({ symbol, type, from, to }: Queue, source: readonly SourceRecord[]) {
  if (type !== 'api_trades') return candleKeyRange(symbol, type.slice('api_candles_'.length) as '1m', { from, to: to! })
  const idOf = (record: SourceRecord | undefined) => Number(record?.key.split('_').at(-1) ?? 0)
  return tradeKeyRange(symbol, idOf(source[0]), idOf(source.at(-1)))
}
