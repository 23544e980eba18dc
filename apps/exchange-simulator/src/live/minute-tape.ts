import { floorToInterval, nextOpenTime, type Interval } from '@streamforge/contracts'
import { allocateCandles, type CandleColumns, type CandleSlice } from '@streamforge/market'
import type { LiveTrade } from './trade-tape.ts'

export const minuteMs = 60_000

/** A candle with what only a stream tells. */
export interface LiveCandle {
  readonly openTime: number
  open: number
  high: number
  low: number
  close: number
  volume: number
  quoteVolume: number
  tradeCount: number
  takerBuyVolume: number
  takerBuyQuoteVolume: number
  /** -1 where nothing was traded. */
  firstId: number
  lastId: number
}

const eightDecimals = (value: number) => Math.round(value * 1e8) / 1e8

/** What happened before the live minutes in the candle that both are part of. */
export type HeadOf = (interval: Interval) => LiveCandle | undefined

/** Candles of the trades that were streamed, by minute; minutes without a trade repeat the last price, as the venue's do. */
export class MinuteTape {
  readonly seam: number
  readonly #minutes: LiveCandle[] = []
  #lastClose: number | undefined

  /** @param seam start of the first minute @param lastClose the price before it, if known */
  constructor(seam: number, lastClose: number | undefined) {
    this.seam = seam
    this.#lastClose = lastClose
  }

  /** Opens the minutes up to the one of `time`. None before there is a price. */
  roll(time: number): void {
    if (this.#lastClose === undefined) return
    let open = this.seam + this.#minutes.length * minuteMs
    for (; open <= time; open += minuteMs) this.#minutes.push(flatCandle(open, this.#lastClose))
  }

  add(trade: LiveTrade): void {
    this.#lastClose ??= trade.price
    this.roll(trade.time)
    const minute = this.#minutes[Math.floor((trade.time - this.seam) / minuteMs)]
    if (minute) addTrade(minute, trade)
    this.#lastClose = trade.price
  }

  /** The candle that opens then, with what has happened of it; undefined when there is nothing. */
  candle(interval: Interval, open: number, head: HeadOf): LiveCandle | undefined {
    const before = open < this.seam ? head(interval) : undefined
    const first = Math.max(0, Math.ceil((open - this.seam) / minuteMs))
    const end = Math.min(this.#minutes.length, (nextOpenTime(open, interval) - this.seam) / minuteMs)
    let candle = before ? { ...before } : undefined
    for (let i = first; i < end; i++) candle = joined(candle, this.#minutes[i]!, open)
    return candle
  }

  /** Candles that open in `[from, to)`, from the one on that holds the seam. */
  read(interval: Interval, from: number, to: number, limit: number, latest: boolean, head: HeadOf): CandleSlice {
    const candles: LiveCandle[] = []
    const last = Math.min(to - 1, this.seam + this.#minutes.length * minuteMs - 1)
    let open = latest ? floorToInterval(last, interval) : floorToInterval(Math.max(from, floorToInterval(this.seam, interval)), interval)
    if (open < from && !latest) open = nextOpenTime(open, interval)
    const inside = () => (latest ? open >= from && open >= floorToInterval(this.seam, interval) : open <= last)
    while (inside() && candles.length < limit) {
      const candle = this.candle(interval, open, head)
      if (candle) candles.push(candle)
      open = latest ? floorToInterval(open - 1, interval) : nextOpenTime(open, interval)
    }
    return { columns: columnsOf(latest ? candles.reverse() : candles), start: 0, end: candles.length }
  }
}

function flatCandle(openTime: number, price: number): LiveCandle {
  return {
    openTime, open: price, high: price, low: price, close: price, volume: 0, quoteVolume: 0, tradeCount: 0, takerBuyVolume: 0,
    takerBuyQuoteVolume: 0, firstId: -1, lastId: -1,
  }
}

function addTrade(minute: LiveCandle, { id, price, quantity, buyerMaker }: LiveTrade): void {
  if (minute.tradeCount === 0) {
    minute.open = minute.high = minute.low = price
    minute.firstId = id
  }
  minute.tradeCount++
  minute.high = Math.max(minute.high, price)
  minute.low = Math.min(minute.low, price)
  minute.close = price
  minute.lastId = id
  minute.volume = eightDecimals(minute.volume + quantity)
  minute.quoteVolume = eightDecimals(minute.quoteVolume + price * quantity)
  if (buyerMaker) return
  minute.takerBuyVolume = eightDecimals(minute.takerBuyVolume + quantity)
  minute.takerBuyQuoteVolume = eightDecimals(minute.takerBuyQuoteVolume + price * quantity)
}

const summed = ['volume', 'quoteVolume', 'tradeCount', 'takerBuyVolume', 'takerBuyQuoteVolume'] as const

/** Both, one after the other; the first is changed. */
export function joined(sum: LiveCandle | undefined, next: LiveCandle, openTime: number): LiveCandle {
  if (!sum || sum.volume === 0) return { ...next, openTime }
  if (next.volume === 0) return sum
  sum.high = Math.max(sum.high, next.high)
  sum.low = Math.min(sum.low, next.low)
  sum.close = next.close
  if (sum.firstId < 0) sum.firstId = next.firstId
  if (next.lastId >= 0) sum.lastId = next.lastId
  for (const name of summed) sum[name] = eightDecimals(sum[name] + next[name])
  return sum
}

const columnNames = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const
const detailNames = ['quoteVolume', 'tradeCount', 'takerBuyVolume', 'takerBuyQuoteVolume'] as const

function columnsOf(candles: readonly LiveCandle[]): CandleColumns {
  const columns = allocateCandles(candles.length, true)
  candles.forEach((candle, i) => {
    for (const name of columnNames) columns[name][i] = candle[name]
    for (const name of detailNames) columns.details![name][i] = candle[name]
  })
  return columns
}

/** Row `i` of a market's candles. */
export function candleAt(columns: CandleColumns, i: number): LiveCandle {
  const candle = flatCandle(columns.openTime[i]!, columns.close[i]!)
  for (const name of columnNames.slice(1) as Exclude<(typeof columnNames)[number], 'openTime'>[]) candle[name] = columns[name][i]!
  if (columns.details) for (const name of detailNames) candle[name] = columns.details[name][i]!
  return candle
}
