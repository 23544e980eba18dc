import { floorToInterval, nextOpenTime, type Interval } from '@streamforge/contracts'
import type { Market, MarketInstrument, TradeSlice } from '@streamforge/market'
import { finestInterval, liveIntervals, liveMarket, type LiveMarket } from './live-market.ts'
import { LiveSymbol, type Channel, type Publish } from './live-symbol.ts'
import { minuteMs } from './minute-tape.ts'
import type { Recording } from './recorded-frames.ts'
import { changesOf, Replay, startOf } from './replay.ts'
import { stepsFor, SyntheticFeed } from './synthetic-feed.ts'
import type { LiveTrade } from './trade-tape.ts'
import { unitsOf } from './units.ts'
import { VenueBook } from './venue-book.ts'

export interface LiveOptions {
  /** Synthetic messages a second and symbol. Default 20. */
  readonly rate?: number
  /** Between two depth diffs of a synthetic book, milliseconds. Default 100. */
  readonly depthMs?: number
  /** Between two states of an open candle, milliseconds. Default 1000. */
  readonly klineMs?: number
  /** Trades a symbol that REST goes on showing. Default 500,000. */
  readonly keepTrades?: number
  /** Changes a book that the true book can go back. Default 20,000. */
  readonly keepBook?: number
  /** Recorded frames to play instead of making some up, for their symbols. */
  readonly recording?: Recording
}

export interface LiveVenueOptions extends LiveOptions {
  readonly market: Market
  readonly clock: () => number
  readonly seed: string | number
  readonly publish: Publish
}

const dayMs = 86_400_000

/**
 * The venue's present: symbols whose market goes on after the history ends. A symbol comes to life when its streams or its book
 * are first asked for; what it tells from then on is in REST's answers as well.
 */
export class LiveVenue {
  readonly market: LiveMarket
  readonly replay: Replay | undefined
  readonly live: ReadonlyMap<string, LiveSymbol>
  readonly #options: LiveVenueOptions
  readonly #symbols = new Map<string, LiveSymbol>()
  readonly #beginning = new Map<string, Promise<LiveSymbol | undefined>>()
  readonly #feeds: SyntheticFeed[] = []
  /** Milliseconds that the clock has stood still so far. */
  #stoodStill = 0
  /** Where it stands now. */
  #pausedAt: number | undefined

  constructor(options: LiveVenueOptions) {
    this.#options = options
    this.live = this.#symbols
    const { recording } = options
    const added = recording ? recordedInstruments(recording, options.market) : new Map<string, MarketInstrument>()
    this.market = liveMarket(options.market, this.#symbols, added)
    if (!recording) return
    for (const symbol of added.keys()) this.#beginRecorded(recording, symbol)
    this.replay = new Replay(recording, this.#symbols)
  }

  /** The venue's clock. All that happens until then has happened when this returns. */
  readonly now = (): number => {
    const time = this.#time()
    for (const feed of this.#feeds) feed.advance(time)
    return time
  }

  /** As {@link now}, at most so many messages a symbol; false when more is due. */
  catchUp(most: number): boolean {
    const time = this.#time()
    let done = true
    for (const feed of this.#feeds) done = feed.advance(time, most) && done
    return done
  }

  /** Stops or starts the venue's clock: while it stands, nothing happens and nothing is told. */
  setPaused(paused: boolean): void {
    if (paused === this.isPaused) return
    if (paused) this.#pausedAt = this.now()
    else {
      this.#stoodStill = this.#options.clock() - this.#pausedAt!
      this.#pausedAt = undefined
    }
  }

  get isPaused(): boolean {
    return this.#pausedAt !== undefined
  }

  get hasFeeds(): boolean {
    return this.#feeds.length > 0
  }

  /** Undefined where the venue does not have the symbol. */
  begin(symbol: string): Promise<LiveSymbol | undefined> {
    const begun = this.#symbols.get(symbol)
    if (begun) return Promise.resolve(begun)
    const running = this.#beginning.get(symbol) ?? this.#beginSynthetic(symbol)
    this.#beginning.set(symbol, running)
    return running
  }

  /** Brings a stream to life; false where the venue does not have it. */
  async follow(symbol: string, channel: Channel): Promise<boolean> {
    const live = await this.begin(symbol)
    if (!live) return false
    if (!channel.startsWith('kline_')) return true
    const interval = channel.slice('kline_'.length) as Interval
    if (!liveIntervals.includes(interval)) return false
    await this.market.prepare(live, interval)
    live.followCandles(interval)
    return true
  }

  #time(): number {
    return this.replay?.now ?? this.#pausedAt ?? Math.floor(this.#options.clock() - this.#stoodStill)
  }

  #newSymbol(symbol: string, seam: number, past: Pick<Past, 'firstMinute' | 'lastTradeId'> & { close: number | undefined }): LiveSymbol {
    const { klineMs = 1000, keepTrades = 500_000, keepBook = 20_000, publish } = this.#options
    const { firstMinute, lastTradeId, close: lastClose } = past
    return new LiveSymbol({ symbol, seam, firstMinute, lastClose, lastTradeId, book: new VenueBook(0, keepBook), keepTrades, klineMs, publish })
  }

  #beginRecorded(recording: Recording, symbol: string): void {
    const seam = startOf(recording)
    const live = this.#newSymbol(symbol, seam, { firstMinute: floorToInterval(seam, '1m'), lastTradeId: 0, close: undefined })
    const snapshot = recording.snapshots.get(symbol)!
    live.book.begin(snapshot.lastUpdateId, changesOf(snapshot))
    this.#symbols.set(symbol, live)
  }

  async #beginSynthetic(symbol: string): Promise<LiveSymbol | undefined> {
    const { market, seed, rate = 20, depthMs = 100 } = this.#options
    const instrument = market.instrument(symbol)
    const seam = this.now()
    const past = instrument && await readPast(market, symbol, seam)
    if (!instrument || !past) return undefined
    const live = this.#newSymbol(symbol, seam, past)
    live.addEarlier(past.trades)
    const steps = stepsFor(past.price, instrument.priceDecimals, instrument.quantityDecimals)
    const feed = new SyntheticFeed(live, { seed, rate, depthMs, ...steps, price: unitsOf(past.price), firstTradeId: past.lastTradeId + 1 })
    this.#symbols.set(symbol, live)
    this.#feeds.push(feed)
    return live
  }
}

function recordedInstruments(recording: Recording, market: Market): Map<string, MarketInstrument> {
  const from = startOf(recording)
  return new Map([...recording.snapshots.keys()].map((symbol) => {
    const known = market.instrument(symbol)
    const quote = /(USDT|USDC|BTC|ETH|EUR|USD_PERP|USD)$/.exec(symbol)?.[0] ?? symbol.slice(-3)
    const assets = { baseAsset: symbol.slice(0, -quote.length), quoteAsset: quote.replace('_PERP', '') }
    return [symbol, {
      symbol, ...assets, priceDecimals: 8, quantityDecimals: 8, from, to: from, ...known, intervals: [...new Set([...(known?.intervals ?? []), ...liveIntervals])], hasTrades: true,
    }]
  }))
}

interface Past {
  readonly firstMinute: number
  /** Price at the start of the first minute. */
  readonly close: number
  /** Price now. */
  readonly price: number
  readonly lastTradeId: number
  /** Of the first minute. */
  readonly trades: readonly LiveTrade[]
}

/** Where the history ends, or is cut, at `seam`. Undefined where there is none. */
async function readPast(market: Market, symbol: string, seam: number): Promise<Past | undefined> {
  const finest = finestInterval(market, symbol)
  const whole = { symbol, from: 0, to: seam, limit: 1, latest: true }
  const last = await market.trades(whole)
  const candles = finest && await market.candles({ ...whole, interval: finest, to: floorToInterval(seam, finest), partial: true })
  const candle = candles && candles.end > candles.start ? candles.columns : undefined
  const trade = last.end > last.start ? tradeAt(last, last.start) : undefined
  const close = candle && candles ? candle.close[candles.start] : undefined
  const price = trade?.price ?? close
  if (price === undefined) return undefined
  const seamMinute = floorToInterval(seam, '1m')
  const end = candle && finest && candles ? nextOpenTime(candle.openTime[candles.start]!, finest) : seamMinute
  // A hole of more than a day is left as one: the venue's clock is not where the data is.
  const firstMinute = end < seamMinute && seamMinute - end <= dayMs ? end : seamMinute
  const earlier = await market.trades({ symbol, from: firstMinute, to: seam, limit: 2_000 * Math.ceil((seam - firstMinute + 1) / minuteMs), latest: true })
  const trades = Array.from({ length: earlier.end - earlier.start }, (_, k) => tradeAt(earlier, earlier.start + k))
  return { firstMinute, close: close ?? price, price, lastTradeId: trade?.id ?? 0, trades }
}

const tradeAt = ({ columns }: TradeSlice, i: number): LiveTrade =>
  ({ id: columns.id[i]!, time: columns.time[i]!, price: columns.price[i]!, quantity: columns.quantity[i]!, buyerMaker: columns.buyerMaker[i] === 1 })
