import type { LiveVenue } from './live/live-venue.ts'
import { jsonReply, type Reply } from './reply.ts'
import type { StreamHub } from './stream/stream-hub.ts'

export interface LiveState {
  readonly venue: LiveVenue
  readonly hub: StreamHub
}

/** GET /_simulator/live: what was told so far, for tests to count against; `streams` counts frames by symbol and channel that had a listener. */
export function answerLive({ venue, hub }: LiveState): Reply {
  const now = venue.now()
  const symbols = Object.fromEntries([...venue.live].map(([name, { trades, book, counts }]) =>
    [name, { messages: counts, last_trade_id: trades.lastId, update_id: book.updateId, oldest_book_update_id: book.oldestId }]))
  return jsonReply({
    now, paused: venue.isPaused, connections: hub.connections.size, frames_sent: hub.sent, streams: hub.told(), symbols,
    ...(venue.replay && { replay: { frames_played: venue.replay.position, ended: venue.replay.ended } }),
  })
}

/** GET /_simulator/book?symbol=..&update_id=..&limit=..: the true book, without `update_id` the present one. */
export function answerBook({ venue }: LiveState, query: string): Reply {
  venue.now()
  const parameters = new URLSearchParams(query)
  const symbol = parameters.get('symbol') ?? ''
  const live = venue.live.get(symbol)
  if (!live) return jsonReply({ error: `'${symbol}' is not live: no stream or book of it was asked for yet` }, 404)
  const limit = Number(parameters.get('limit') ?? Number.MAX_SAFE_INTEGER)
  const asked = parameters.get('update_id')
  const id = asked === null ? live.book.updateId : Number(asked)
  if (!Number.isSafeInteger(id) || !Number.isSafeInteger(limit)) return jsonReply({ error: 'update_id and limit must be whole numbers' }, 422)
  const book = live.book.at(id, limit)
  return book
    ? jsonReply({ symbol, ...book, update_id: id })
    : jsonReply({ error: `the book at ${id} is not known`, oldest: live.book.oldestId, newest: live.book.updateId }, 404)
}
