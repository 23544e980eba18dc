import { StreamForgeError, type Trade } from '@streamforge/contracts'
import { badResponse, decimal, integer } from '../page.ts'
import { splitSymbol } from '../split-symbol.ts'
import type { LiveFrame, LiveVenue } from './live-venue.ts'
import { readFrame, type Fields } from './read-frame.ts'

const VENUE = 'coinbase'

/**
 * Coinbase Exchange's feed: trades. Its heartbeats name the last trade every second, so that a lost one is noticed even when nothing
 * follows. It has no candles, and the book it offers without a login carries no ids: no gap in it could be found, so there is none here.
 */
export const coinbaseLive: LiveVenue = {
  name: VENUE,
  types: ['ws_trades'],
  limits: {
    streamsPerConnection: 100, messagesPerSecond: 8, streamsPerMessage: 50, attempts: { count: 8, windowMs: 1_000 },
    lifetimeMs: 86_400_000, pingAfterMs: 10_000, deadAfterMs: 20_000,
  },
  defaultUrl: 'wss://ws-feed.exchange.coinbase.com',
  address: (baseUrl) => baseUrl,
  streams(symbol, type) {
    if (type !== 'ws_trades') {
      throw new StreamForgeError('UNKNOWN_TYPE', `coinbase has no ${type}`, { remedy: 'it has ws_trades' })
    }
    return [productOf(symbol)]
  },
  subscribe: (products) => JSON.stringify({ type: 'subscribe', product_ids: products, channels: ['matches', 'heartbeat'] }),
  unsubscribe: (products) => JSON.stringify({ type: 'unsubscribe', product_ids: products, channels: ['matches', 'heartbeat'] }),
  read: (text, receivedAt) => readFrame(VENUE, text, (json) => frameOf(json, receivedAt)),
}

/** BTCUSD -> BTC-USD */
function productOf(symbol: string): string {
  const { baseAsset, quoteAsset } = splitSymbol(symbol)
  return `${baseAsset}-${quoteAsset}`
}

function frameOf(json: Fields, receivedAt: number): LiveFrame {
  switch (json['type']) {
    case 'match':
    case 'last_match': return { kind: 'trade', stream: product(json), record: tradeOf(json, receivedAt) }
    case 'heartbeat': return { kind: 'last_trade', stream: product(json), tradeId: integer(json['last_trade_id'], 'last trade id') }
    case 'subscriptions': return { kind: 'answer', id: undefined, error: undefined }
    case 'error': return { kind: 'answer', id: undefined, error: new StreamForgeError('VENUE_REJECTED',
      `coinbase refused a subscription: ${String(json['message'])} (${String(json['reason'] ?? 'no reason given')})`) }
    default: throw badResponse(`the type '${String(json['type'])}' is not known`)
  }
}

function product(json: Fields): string {
  const { product_id: id } = json
  if (typeof id === 'string' && /^[A-Z0-9]+-[A-Z0-9]+$/.test(id)) return id
  throw badResponse(`the product is ${JSON.stringify(id)}`)
}

function tradeOf(json: Fields, receivedAt: number): Trade {
  const { side, time } = json
  const eventTime = typeof time === 'string' ? Date.parse(time) : Number.NaN
  if (Number.isNaN(eventTime) || (side !== 'buy' && side !== 'sell')) throw badResponse('the match has no time or no side')
  return {
    kind: 'trade', venue: VENUE, symbol: product(json).replace('-', ''), trade_id: integer(json['trade_id'], 'trade id'),
    price: decimal(json['price'], 'price'), quantity: decimal(json['size'], 'size'), buyer_maker: side === 'buy',
    event_time: eventTime, known_time: receivedAt, backfilled: false,
  }
}
