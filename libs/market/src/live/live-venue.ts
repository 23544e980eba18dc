import type { BookDiff, BookTicker, Candle, DataType, StreamForgeError, Trade } from '@streamforge/contracts'

/** What a venue asks of those who connect, and how it tells that it is alive. */
export interface LiveLimits {
  /** Streams of one connection. */
  streamsPerConnection: number
  /** Messages, pings included, that a connection may send in a second. */
  messagesPerSecond: number
  /** Streams named in one message. */
  streamsPerMessage: number
  /** Connections begun within `windowMs`. */
  attempts: { count: number; windowMs: number }
  /** Milliseconds after which the venue ends a connection. */
  lifetimeMs: number
  /** We ping after so many milliseconds without a byte... */
  pingAfterMs: number
  /** ...and hold the connection for dead after so many without any answer. */
  deadAfterMs: number
}

/** One message of a venue, read. `stream` says which subscription it belongs to. */
export type LiveFrame =
  | { kind: 'trade'; stream: string; record: Trade }
  | { kind: 'candle'; stream: string; record: Candle; closed: boolean }
  | { kind: 'book_diff'; stream: string; record: BookDiff }
  | { kind: 'book_ticker'; stream: string; record: BookTicker }
  /** The venue tells that trades up to this id exist. */
  | { kind: 'last_trade'; stream: string; tradeId: number }
  /** The answer to a subscription; `error` when it was refused, `id` where the venue says which one it answers. */
  | { kind: 'answer'; id: number | undefined; error: StreamForgeError | undefined }
  | { kind: 'other' }

/** A venue's streams. Everything but the addresses is pure. To add a venue: write its file like coinbase-live.ts, name it in live-venues.ts. */
export interface LiveVenue {
  readonly name: string
  readonly types: readonly DataType[]
  readonly limits: LiveLimits
  readonly defaultUrl: string
  /** Where to connect, given the venue's base address. */
  address(baseUrl: string): string
  /**
   * The names of the streams that carry a type.
   * @throws StreamForgeError UNKNOWN_TYPE
   */
  streams(symbol: string, type: DataType): readonly string[]
  subscribe(streams: readonly string[], id: number): string
  unsubscribe(streams: readonly string[], id: number): string
  /**
   * Reads and validates a message received at `receivedAt` (ms).
   * @throws StreamForgeError VENUE_BAD_RESPONSE with the head of the message
   */
  read(text: string, receivedAt: number): LiveFrame
}
