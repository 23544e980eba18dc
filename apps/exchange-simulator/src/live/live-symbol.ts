import { floorToInterval, nextOpenTime, type Interval } from '@streamforge/contracts'
import { aggregateTradeFrame, bookTickerFrame, depthFrame, klineFrame, tradeFrame, type DepthChange } from './frames.ts'
import { MinuteTape, type LiveCandle } from './minute-tape.ts'
import { TradeTape, type LiveTrade } from './trade-tape.ts'
import type { VenueBook } from './venue-book.ts'

/** Streams of a symbol; `kline_` with its interval. */
export type Channel = 'aggTrade' | 'trade' | 'bookTicker' | 'depth' | `kline_${Interval}`

/** Tells those who listen; the text is made only when there are any. */
export type Publish = (symbol: string, channel: Channel, makePayload: () => string) => void

export interface LiveSymbolOptions {
  readonly symbol: string
  /** Where live data begins, milliseconds. */
  readonly seam: number
  /** Start of the first minute that is made of live data, at or before the seam's. */
  readonly firstMinute: number
  readonly lastClose: number | undefined
  readonly lastTradeId: number
  readonly book: VenueBook
  readonly keepTrades: number
  /** Between two states of an open candle. */
  readonly klineMs: number
  readonly publish: Publish
}

interface FollowedCandles {
  readonly interval: Interval
  open: number
  nextShow: number
  shownTrades: number
}

/** What was streamed of one symbol so far, shown over REST and over WebSocket alike. */
export class LiveSymbol {
  readonly symbol: string
  readonly seam: number
  readonly trades: TradeTape
  readonly minutes: MinuteTape
  readonly book: VenueBook
  readonly counts: Record<string, number> = {}
  /** Of the last event, milliseconds. */
  lastTime: number
  readonly #publish: Publish
  readonly #klineMs: number
  readonly #heads = new Map<Interval, LiveCandle>()
  readonly #followed = new Map<Interval, FollowedCandles>()
  #nextCandleWork = Infinity

  constructor(options: LiveSymbolOptions) {
    this.symbol = options.symbol
    this.seam = this.lastTime = options.seam
    this.trades = new TradeTape(options.keepTrades, options.lastTradeId)
    this.minutes = new MinuteTape(options.firstMinute, options.lastClose)
    this.book = options.book
    this.#publish = options.publish
    this.#klineMs = options.klineMs
  }

  /** Trades from before the seam that belong to the minute that holds it. */
  addEarlier(trades: readonly LiveTrade[]): void {
    for (const trade of trades) this.minutes.add(trade)
  }

  setHead(interval: Interval, head: LiveCandle): void {
    this.#heads.set(interval, head)
  }

  readonly headOf = (interval: Interval): LiveCandle | undefined => this.#heads.get(interval)

  candle(interval: Interval, open: number): LiveCandle | undefined {
    return this.minutes.candle(interval, open, this.headOf)
  }

  /** @param raw the venue's own frame of the single trade, where there is one */
  addTrade(trade: LiveTrade, eventTime: number, raw?: string): void {
    this.pass(eventTime)
    if (!this.trades.add(trade)) return
    this.minutes.add(trade)
    this.#tell('aggTrade', () => aggregateTradeFrame(this.symbol, trade, eventTime))
    this.#tell('trade', () => raw ?? tradeFrame(this.symbol, trade, eventTime))
  }

  /** The book's best bid or offer changed. */
  tellTicker(raw?: string): void {
    this.#tell('bookTicker', () => raw ?? bookTickerFrame(this.symbol, this.book))
  }

  tellDepth(change: DepthChange, eventTime: number): void {
    this.#tell('depth', () => depthFrame(this.symbol, change, eventTime))
  }

  tellRawDepth(raw: string): void {
    this.#tell('depth', () => raw)
  }

  followCandles(interval: Interval): void {
    if (this.#followed.has(interval)) return
    this.#followed.set(interval, { interval, open: floorToInterval(this.lastTime, interval), nextShow: this.lastTime, shownTrades: -1 })
    this.#nextCandleWork = this.lastTime
  }

  /** Time passes: minutes open, candles close and are told. Before any event of that time. */
  pass(time: number): void {
    if (time > this.lastTime) this.lastTime = time
    if (time < this.#nextCandleWork) return
    this.minutes.roll(time)
    let next = Infinity
    for (const followed of this.#followed.values()) {
      this.#closeCandles(followed, time)
      if (time >= followed.nextShow) this.#showOpen(followed, time)
      next = Math.min(next, followed.nextShow, nextOpenTime(followed.open, followed.interval))
    }
    this.#nextCandleWork = next
  }

  #closeCandles(followed: FollowedCandles, time: number): void {
    const { interval } = followed
    for (let close = nextOpenTime(followed.open, interval); close <= time; close = nextOpenTime(followed.open, interval)) {
      const candle = this.candle(interval, followed.open)
      if (candle) this.#tell(`kline_${interval}`, () => klineFrame(this.symbol, interval, candle, true, time))
      followed.open = close
      followed.shownTrades = -1
    }
  }

  #showOpen(followed: FollowedCandles, time: number): void {
    followed.nextShow = time + this.#klineMs
    const candle = this.candle(followed.interval, followed.open)
    if (!candle || candle.tradeCount === followed.shownTrades) return
    followed.shownTrades = candle.tradeCount
    this.#tell(`kline_${followed.interval}`, () => klineFrame(this.symbol, followed.interval, candle, false, time))
  }

  #tell(channel: Channel, makePayload: () => string): void {
    this.counts[channel] = (this.counts[channel] ?? 0) + 1
    this.#publish(this.symbol, channel, makePayload)
  }
}
