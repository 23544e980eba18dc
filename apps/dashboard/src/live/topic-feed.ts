import { setTimeout as delay } from 'node:timers/promises'
import { tailMessages, type Bus, type Consumer, type PartitionInfo } from '@streamforge/bus'
import { catalog, DataMessage, type ChartCandle, type Gap, type MessageOf, type Trade } from '@streamforge/contracts'
import type { Logger } from 'pino'
import { toChartCandle } from '../read/read-candles.ts'
import type { Dataset } from '../read/datasets.ts'
import { FollowedBook } from './followed-book.ts'

type DataRecord = MessageOf<'data'>

/** What came in one batch of a live queue's topic. */
export interface FeedUpdate {
  trades: Trade[]
  candles: ChartCandle[]
  gaps: Gap[]
  bookChanged: boolean
}

/** One live queue's topic, followed once however many watch it. */
export interface TopicFeed {
  readonly dataset: Dataset
  readonly book: FollowedBook
  /** The newest trades, oldest first, whether stored yet or not. */
  recentTrades(): readonly Trade[]
  /** The newest candles, the open one last. */
  recentCandles(): readonly ChartCandle[]
  listen(listener: (update: FeedUpdate) => void): () => void
  readonly listeners: number
  /** Its topic cannot be followed any further. */
  readonly failed: boolean
  close(): Promise<void>
}

/** So many messages before now are read first: what the connector may not have stored yet. */
const readBack = 2_000n
/** A book needs a snapshot, which may lie further back, and the diffs from a little before it: a venue's snapshot comes after newer diffs. */
const searchSnapshot = 60_000n
const pageSize = 500
/** What comes meanwhile is read together: of a busy topic that saves most of the work, and pages are sent changes less often anyway. */
const pauseMs = 20
const keptTrades = 500
const keptCandles = 500

/** Resolves once it follows; what is on the topic then and just before has been taken in. @throws StreamForgeError TOPIC_NOT_FOUND */
export async function openTopicFeed({ bus, log }: { bus: Bus; log: Logger }, dataset: Dataset): Promise<TopicFeed> {
  const listeners = new Set<(update: FeedUpdate) => void>()
  const book = new FollowedBook()
  const trades = new Map<number, Trade>()
  const candles = new Map<number, ChartCandle>()
  const take = (records: readonly DataRecord[]): FeedUpdate => {
    const update: FeedUpdate = { trades: [], candles: [], gaps: [], bookChanged: false }
    for (const record of records) takeRecord(record, update, book)
    for (const trade of update.trades) trades.set(trade.trade_id, trade)
    for (const candle of update.candles) if (!candles.get(candle.open_time)?.closed) candles.set(candle.open_time, candle)
    trimOldest(trades, keptTrades)
    trimOldest(candles, keptCandles)
    return update
  }
  let early: DataRecord[] | undefined = []
  const consumer = await tailMessages(bus, catalog.data, { topics: [dataset.topic], from: 'latest' }, async (batch) => {
    const records = batch.messages.map((message) => message.value)
    if (early) {
      early.push(...records)
      return
    }
    const update = take(records)
    for (const listener of listeners) listener(update)
    await delay(pauseMs, undefined, { signal: batch.signal }).catch(() => undefined)
  })
  let failed = false
  consumer.done.catch((err: unknown) => {
    failed = true
    log.warn({ err, topic: dataset.topic }, 'a live topic can no longer be followed')
  })
  try {
    for await (const records of readBefore(bus, dataset)) take(records)
  } catch (error) {
    await consumer.close()
    throw error
  }
  take(early)
  early = undefined
  return {
    dataset, book, recentTrades: () => [...trades.values()].sort((a, b) => a.trade_id - b.trade_id),
    recentCandles: () => [...candles.values()].sort((a, b) => a.open_time - b.open_time),
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    get listeners() { return listeners.size },
    get failed() { return failed },
    close: () => closeQuietly(consumer),
  }
}

function takeRecord(record: DataRecord, update: FeedUpdate, book: FollowedBook): void {
  switch (record.kind) {
    case 'trade': return void update.trades.push(record)
    case 'candle': return void update.candles.push(toChartCandle(record, true))
    case 'candle_open': return void update.candles.push(toChartCandle(record, false))
    case 'gap': return void update.gaps.push(record)
    case 'book_diff': case 'book_snapshot': case 'book_gap': {
      book.add(record)
      update.bookChanged = true
      return
    }
    case 'book_ticker': case 'end_of_stream': return
    case 'feature': case 'forecast': case 'forecast_score': case 'signal': return
    default: return record satisfies never
  }
}

/** The newest messages of every partition, oldest first, a page at a time; damaged ones are the connector's to dead-letter. */
async function* readBefore(bus: Bus, { topic, type }: Dataset): AsyncGenerator<DataRecord[]> {
  for (const { partition, earliest, latest } of (await bus.admin.describeTopic(topic)).partitions) {
    const from = type === 'ws_orderbook' ? await newestSnapshot(bus, topic, { partition, earliest, latest }) : latest
    for (let offset = from - readBack > earliest ? from - readBack : earliest; offset < latest;) {
      const page = await bus.admin.peek(topic, { partition, offset, limit: pageSize })
      if (!page.length) break
      yield page.flatMap(({ value }) => parse(value) ?? [])
      offset = page.at(-1)!.offset + 1n
    }
  }
}

const snapshotMark = Buffer.from('"kind":"book_snapshot"')

/** Offset of the newest snapshot, searched backwards; where there is none near enough, the end. */
async function newestSnapshot(bus: Bus, topic: string, { partition, earliest, latest }: PartitionInfo): Promise<bigint> {
  const step = BigInt(pageSize)
  for (let to = latest; to > earliest && latest - to < searchSnapshot; to -= step) {
    const page = await bus.admin.peek(topic, { partition, offset: to - step > earliest ? to - step : earliest, limit: pageSize })
    const found = page.findLast((message) => message.offset < to && message.value.includes(snapshotMark))
    if (found) return found.offset
  }
  return latest
}

function parse(value: Buffer): DataRecord | undefined {
  try {
    return DataMessage.safeParse(JSON.parse(value.toString())).data
  } catch {
    return undefined
  }
}

function trimOldest<T>(map: Map<number, T>, kept: number): void {
  if (map.size <= 2 * kept) return
  for (const key of [...map.keys()].sort((a, b) => a - b).slice(0, map.size - kept)) map.delete(key)
}

const closeQuietly = (consumer: Consumer) => consumer.close().catch(() => undefined)
