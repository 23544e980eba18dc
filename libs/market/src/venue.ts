import type { BookSnapshot, Candle, DataType, EpochMs, Interval, Trade } from '@streamforge/contracts'
import type { ArchiveSource } from './archive-source.ts'

export interface Instrument {
  /** Upper case, without separators: BTCUSDT. */
  symbol: string
  status: 'trading' | 'halted' | 'delisted'
  listed_from?: EpochMs
}

export interface VenueDescription {
  types: readonly DataType[]
  intervals: readonly Interval[]
  candles: { pageSize: number; weight: number }
  trades: { pageSize: number; weight: number }
  /** How much request weight the venue allows in each window of its clock. */
  limit: { weight: number; windowMs: number }
  /** True where closed days also exist as files. */
  archive: boolean
}

/** Candles that open within [from, to). */
export interface CandleRequest {
  symbol: string
  interval: Interval
  from: EpochMs
  to: EpochMs
}

/** All candles that the venue has in [from, to), in order; `to` may lie before the end that was asked for. */
export interface CandlePage {
  from: EpochMs
  to: EpochMs
  candles: Candle[]
  /** Rows dropped because the page held them twice, or because they lie outside what was asked. */
  duplicates: number
}

/** Trades with ids within [fromId, toId). */
export interface TradeRequest {
  symbol: string
  fromId: number
  toId: number
}

/** All trades that the venue has with ids in [fromId, toId), in order; `toId` may lie before the end that was asked for. */
export interface TradePage {
  fromId: number
  toId: number
  trades: Trade[]
  duplicates: number
}

/**
 * History of one venue over REST. Calls share the venue's weight budget, are retried inside and end early when the signal
 * given at `open` aborts. All throw StreamForgeError: VENUE_UNREACHABLE, VENUE_RATE_LIMITED, VENUE_BANNED, VENUE_REJECTED,
 * VENUE_BAD_RESPONSE, UNKNOWN_SYMBOL.
 */
export interface VenueClient {
  readonly name: string
  readonly description: VenueDescription
  /** The venue's clock. From the first call on, the weight budget follows it. */
  serverTime(): Promise<EpochMs>
  instruments(): Promise<Instrument[]>
  /** @throws StreamForgeError UNKNOWN_SYMBOL */
  instrument(symbol: string): Promise<Instrument>
  /** One request: the first candles of the range, at most a page. Closed candles only, as long as `to` is not in the future. */
  candlePage(request: CandleRequest): Promise<CandlePage>
  /** The open time of the first candle within [from, to): how a long hole is crossed, and proved, in few requests. */
  firstCandleTime(request: CandleRequest): Promise<EpochMs | undefined>
  /** One request: the first trades of the id range, at most a page. */
  tradePage(request: TradeRequest): Promise<TradePage>
  /** The first trade at or after `time`. */
  firstTradeFrom(request: { symbol: string; time: EpochMs }): Promise<Trade | undefined>
  lastTrade(symbol: string): Promise<Trade | undefined>
  /** The order book now, `depth` levels a side; only where a book can be followed live. */
  bookSnapshot?(request: { symbol: string; depth: number }): Promise<BookSnapshot>
  readonly archive?: ArchiveSource
  close(): Promise<void>
}

/** The part of pino's logger that a venue uses. */
export interface VenueLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
}

export interface OpenVenueOptions {
  /** Where the venue is; defaults to its own addresses. */
  urls?: { rest?: string | undefined; archive?: string | undefined }
  signal?: AbortSignal
  /** Milliseconds since the epoch. */
  now?: () => number
  /** Uniform in [0, 1). */
  random?: () => number
  /** Rejects when the signal aborts. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
  log?: VenueLog
  /** Requests in flight at most; default 8. */
  concurrency?: number
  /** Overrides the venue's own limit; 0 means none. */
  weightLimit?: number | undefined
  /** Processes behind this address that load from the venue at once, as far as is known; default 1. Each leaves room for what the others have under way. */
  sharers?: number
  /** Tries of one request against network errors, 5xx and broken answers before giving up; default 8. */
  maxAttempts?: number
  /** Milliseconds without a byte after which a request counts as lost; default 20 000. */
  timeoutMs?: number
}

export interface Venue {
  readonly name: string
  describe(): VenueDescription
  /** Connects on first use. */
  open(options?: OpenVenueOptions): VenueClient
}
