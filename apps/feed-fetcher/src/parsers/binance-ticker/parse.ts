import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'
import type { Parsed, Parser, QuoteFacts } from '../parser.ts'
import { Amount, readJson, readShape } from '../read-json.ts'

const Ticker = z.looseObject({
  symbol: z.string(), price: Amount, lastPrice: Amount, bidPrice: Amount, askPrice: Amount, openPrice: Amount, highPrice: Amount, lowPrice: Amount,
  prevClosePrice: Amount, priceChangePercent: Amount, volume: Amount, closeTime: Amount,
})
const Refusal = z.looseObject({ code: z.number(), msg: z.string() })

/** Most symbols end in one of these, which is what their prices are in; longest first. */
const quoteAssets = ['FDUSD', 'USDT', 'USDC', 'TUSD', 'BUSD', 'BTC', 'ETH', 'BNB', 'EUR', 'TRY', 'BRL', 'GBP', 'JPY']

function parse(text: string): Parsed {
  const answer = readJson(text)
  const refused = Refusal.safeParse(answer)
  if (refused.success) throw new StreamForgeError('FEED_REJECTED', `Binance: ${refused.data.code} ${refused.data.msg}`.slice(0, 300))
  const rejected: string[] = []
  const facts = readShape(z.array(Ticker), Array.isArray(answer) ? answer : [answer]).flatMap((ticker): QuoteFacts[] => {
    const price = ticker.lastPrice ?? ticker.price
    // 0: nothing was traded.
    if (!price) {
      rejected.push(`${ticker.symbol}: no price`)
      return []
    }
    return [{
      type: 'quote', symbol: ticker.symbol, price, time: ticker.closeTime, currency: quoteAssets.find((asset) => ticker.symbol.endsWith(asset) && ticker.symbol !== asset),
      bid: ticker.bidPrice, ask: ticker.askPrice, open: ticker.openPrice, high: ticker.highPrice, low: ticker.lowPrice, previous_close: ticker.prevClosePrice,
      percent_change: ticker.priceChangePercent, volume: ticker.volume,
    }]
  })
  return { facts, rejected }
}

/** Binance's `/api/v3/ticker/24hr` and `/api/v3/ticker/price`, of one symbol or several. */
export const binanceTicker: Parser = {
  name: 'binance-ticker', kinds: ['crypto'], accepts: 'json', hosts: /(^|\.)binance\.(com|us|vision)$/, join: (symbols) => JSON.stringify(symbols), parse,
}
