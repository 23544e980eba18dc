import { Interval } from '@streamforge/contracts'
import type { Market, MarketInstrument } from '@streamforge/market'
import {
  duplicateParameter, emptyParameter, illegalCharacters, invalidInterval, invalidParameter, invalidSymbol, missingParameter, unreadParameters,
} from './binance-error.ts'

const symbolRange = '^[A-Z0-9-_.]{1,20}$'
const numberRange = '^[0-9]{1,20}$'
const wholeNumber = new RegExp(numberRange)
const symbolForm = /^[A-Z0-9\-_.]{1,20}$/

/** Reads a request's parameters as Binance does: each once, none that the endpoint does not know, none empty. */
export class BinanceParameters {
  readonly #values = new Map<string, string>()

  /** @throws BinanceError -1101, -1104 */
  constructor(query: string, known: readonly string[]) {
    for (const [name, value] of new URLSearchParams(query)) {
      if (this.#values.has(name)) throw duplicateParameter(name)
      this.#values.set(name, value)
    }
    const read = [...this.#values.keys()].filter((name) => known.includes(name)).length
    if (read < this.#values.size) throw unreadParameters(read, this.#values.size)
  }

  /** @throws BinanceError -1105 when it is there and empty */
  text(name: string): string | undefined {
    const value = this.#values.get(name)
    if (value === '') throw emptyParameter(name)
    return value
  }

  /** @throws BinanceError -1100, -1105 */
  number(name: string): number | undefined {
    const value = this.text(name)
    if (value !== undefined && !wholeNumber.test(value)) throw illegalCharacters(name, numberRange)
    return value === undefined ? undefined : Number(value)
  }

  /** Beyond the most that an answer holds, Binance answers that many. @throws BinanceError -1100, -1130 */
  limit(byDefault: number, most: number): number {
    const value = this.number('limit') ?? byDefault
    if (value === 0) throw invalidParameter('limit')
    return Math.min(value, most)
  }

  /** @throws BinanceError -1100, -1102, -1105, -1121 */
  symbol(market: Market): MarketInstrument {
    const value = this.text('symbol')
    if (value === undefined) throw missingParameter('symbol')
    return knownSymbol(market, value)
  }

  /** @throws BinanceError -1102, -1105, -1120 */
  interval(): Interval {
    const value = this.text('interval')
    if (value === undefined) throw missingParameter('interval')
    const parsed = Interval.safeParse(value)
    if (!parsed.success) throw invalidInterval()
    return parsed.data
  }
}

/** @throws BinanceError -1100, -1121 */
export function knownSymbol(market: Market, symbol: string): MarketInstrument {
  if (!symbolForm.test(symbol)) throw illegalCharacters('symbol', symbolRange)
  const instrument = market.instrument(symbol)
  if (!instrument) throw invalidSymbol()
  return instrument
}
