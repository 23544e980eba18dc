import { seededRandom } from './synthetic-random.ts'

/** What one made-up instrument is like. Volatilities are of a day's log return. */
export interface SyntheticAsset {
  readonly symbol: string
  readonly sector: string
  /** The price that the walk returns to in the long run. */
  readonly price: number
  readonly beta: number
  readonly sectorBeta: number
  readonly ownVolatility: number
  readonly tradesPerDay: number
  /** Mean size of a trade in the quote asset. */
  readonly tradeSize: number
  readonly priceDecimals: number
  readonly quantityDecimals: number
}

const known: Record<string, readonly [sector: string, price: number, beta: number, tradesPerDay: number]> = {
  BTCUSDT: ['store', 30_000, 0.9, 60_000],
  ETHUSDT: ['platform', 2_000, 1.1, 45_000],
  BNBUSDT: ['platform', 300, 0.9, 20_000],
  SOLUSDT: ['platform', 60, 1.5, 25_000],
  XRPUSDT: ['payment', 0.55, 1.0, 22_000],
  LTCUSDT: ['payment', 85, 1.0, 15_000],
  DOGEUSDT: ['meme', 0.08, 1.4, 18_000],
  LINKUSDT: ['oracle', 12, 1.3, 16_000],
}
export const defaultSyntheticSymbols: readonly string[] = Object.keys(known)
export const sectors = ['store', 'platform', 'payment', 'meme', 'oracle'] as const

/** An asset of the default market, or one whose properties follow from the seed and its name. */
export function syntheticAsset(symbol: string, seed: number | string): SyntheticAsset {
  const random = seededRandom(seed, 'asset', symbol)
  const [sector, price, beta, tradesPerDay] = known[symbol] ?? [
    sectors[Math.floor(random() * sectors.length)]!, Number((10 ** (random() * 4 - 1)).toPrecision(3)), 0.6 + random(), 10_000 + Math.floor(random() * 20_000),
  ]
  return {
    symbol, sector, price, beta, tradesPerDay,
    sectorBeta: 0.5 + random() * 0.5, ownVolatility: 0.012 + random() * 0.015, tradeSize: 200 + random() * 1_500,
    // Five figures of price, and quantities whose unit is worth about a cent, as venues choose theirs.
    priceDecimals: Math.min(8, Math.max(2, 4 - Math.floor(Math.log10(price)))),
    quantityDecimals: Math.min(8, Math.max(0, Math.round(Math.log10(price)) + 1)),
  }
}
