import { StockDetails } from '@streamforge/contracts'
import type { Parsed, Parser } from '../parser.ts'
import { readJson, readShape } from '../read-json.ts'

function parse(text: string): Parsed {
  const { stock, as_of } = readShape(StockDetails, readJson(text))
  const time = Date.parse(as_of)
  return {
    facts: stock.map(({ name, price, percent_change, volume, symbol }) => ({ type: 'quote', symbol, name, price: price.amount, currency: price.currency, percent_change, volume, time })),
    rejected: [],
  }
}

/** StreamForge's own `stock-details` form, which other programs write too. */
export const stockDetails: Parser = { name: 'stock-details', kinds: ['stock', 'etf'], accepts: 'json', hosts: undefined, parse }
