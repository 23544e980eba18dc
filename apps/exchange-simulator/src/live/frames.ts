import { nextOpenTime, type Interval } from '@streamforge/contracts'
import type { LiveCandle } from './minute-tape.ts'
import type { LiveTrade } from './trade-tape.ts'
import { unitsOf, unitsText } from './units.ts'
import type { Level, VenueBook } from './venue-book.ts'

const decimal = (value: number) => unitsText(unitsOf(value))

/** The payloads of Binance's spot streams, as text: at thousands a second an object for each would be in the way. */
export function aggregateTradeFrame(symbol: string, trade: LiveTrade, eventTime: number): string {
  const { id, time, price, quantity, buyerMaker } = trade
  return `{"e":"aggTrade","E":${eventTime},"s":"${symbol}","a":${id},"p":"${decimal(price)}","q":"${decimal(quantity)}",`
    + `"f":${id},"l":${id},"T":${time},"m":${buyerMaker},"M":true}`
}

export function tradeFrame(symbol: string, trade: LiveTrade, eventTime: number): string {
  const { id, time, price, quantity, buyerMaker } = trade
  return `{"e":"trade","E":${eventTime},"s":"${symbol}","t":${id},"p":"${decimal(price)}","q":"${decimal(quantity)}","T":${time},"m":${buyerMaker},"M":true}`
}

export function bookTickerFrame(symbol: string, book: VenueBook): string {
  const { updateId, bestBid, bestAsk } = book
  return `{"u":${updateId},"s":"${symbol}","b":"${unitsText(bestBid)}","B":"${unitsText(book.quantityOf(bestBid))}",`
    + `"a":"${unitsText(bestAsk)}","A":"${unitsText(book.quantityOf(-bestAsk))}"}`
}

export interface DepthChange {
  readonly firstId: number
  readonly finalId: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}

export function depthFrame(symbol: string, { firstId, finalId, bids, asks }: DepthChange, eventTime: number): string {
  return `{"e":"depthUpdate","E":${eventTime},"s":"${symbol}","U":${firstId},"u":${finalId},"b":${JSON.stringify(bids)},"a":${JSON.stringify(asks)}}`
}

export function klineFrame(symbol: string, interval: Interval, candle: LiveCandle, closed: boolean, eventTime: number): string {
  const { openTime, firstId, lastId, tradeCount } = candle
  return `{"e":"kline","E":${eventTime},"s":"${symbol}","k":{"t":${openTime},"T":${nextOpenTime(openTime, interval) - 1},"s":"${symbol}","i":"${interval}",`
    + `"f":${firstId},"L":${lastId},"o":"${decimal(candle.open)}","c":"${decimal(candle.close)}","h":"${decimal(candle.high)}","l":"${decimal(candle.low)}",`
    + `"v":"${decimal(candle.volume)}","n":${tradeCount},"x":${closed},"q":"${decimal(candle.quoteVolume)}",`
    + `"V":"${decimal(candle.takerBuyVolume)}","Q":"${decimal(candle.takerBuyQuoteVolume)}","B":"0"}}`
}
