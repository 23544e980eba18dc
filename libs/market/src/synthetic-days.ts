import { normal, seededRandom } from './synthetic-random.ts'
import { sectors, type SyntheticAsset } from './synthetic-assets.ts'

export const dayMs = 86_400_000
/** Where every synthetic history begins, whatever range is asked for: the same day is the same in every range. */
export const firstDay = Date.UTC(2017, 0, 1) / dayMs

/** A sudden move within a day. */
export interface Jump {
  readonly minute: number
  /** Log return. */
  readonly size: number
}

/** The market as a whole, by day from {@link firstDay} on. */
export interface MarketDays {
  /** Multiplies every volatility of the day; its logarithm returns to 0 slowly, so that calm and wild weeks cluster. */
  readonly volatility: Float64Array
  readonly factor: Float64Array
  readonly sectors: ReadonlyMap<string, Float64Array>
  readonly jumps: readonly (Jump | undefined)[]
}

/** One asset by day: the log price at the start, and what moves it in the day. */
export interface AssetDays {
  /** One longer than the days: the last is the end of the last day. */
  readonly logPrice: Float64Array
  /** Trades before the day; one longer than the days. Trade ids follow from it. */
  readonly tradesBefore: Float64Array
  readonly jumps: readonly (readonly Jump[])[]
}

export const marketVolatility = 0.022
export const sectorVolatility = 0.012
/** Share of its distance from the long-run price that an asset makes good in a day. */
const reversion = 0.006

export function marketDays(seed: number | string, count: number): MarketDays {
  const random = seededRandom(seed, 'market days')
  const volatility = new Float64Array(count)
  const factor = new Float64Array(count)
  const bySector = new Map(sectors.map((sector) => [sector as string, new Float64Array(count)]))
  const jumps: (Jump | undefined)[] = []
  let logVolatility = 0
  for (let day = 0; day < count; day++) {
    logVolatility = 0.93 * logVolatility + 0.13 * normal(random)
    volatility[day] = Math.exp(logVolatility)
    factor[day] = normal(random)
    for (const values of bySector.values()) values[day] = normal(random)
    const jump = { minute: Math.floor(random() * 1440), size: -0.005 + 0.02 * normal(random) }
    jumps.push(random() < 0.03 ? jump : undefined)
  }
  return { volatility, factor, sectors: bySector, jumps }
}

export function assetDays(seed: number | string, asset: SyntheticAsset, market: MarketDays): AssetDays {
  const random = seededRandom(seed, 'asset days', asset.symbol)
  const count = market.factor.length
  const logPrice = new Float64Array(count + 1)
  const tradesBefore = new Float64Array(count + 1)
  const jumps: Jump[][] = []
  const anchor = Math.log(asset.price)
  logPrice[0] = anchor
  for (let day = 0; day < count; day++) {
    const own = normal(random)
    const activity = normal(random)
    const jump = { minute: Math.floor(random() * 1440), size: 0.025 * normal(random) }
    const today = random() < 0.04 ? [jump] : []
    const common = market.jumps[day]
    if (common) today.push({ minute: common.minute, size: common.size * asset.beta })
    jumps.push(today)
    const level = market.volatility[day]!
    const diffusion = level * (asset.beta * marketVolatility * market.factor[day]!
      + asset.sectorBeta * sectorVolatility * market.sectors.get(asset.sector)![day]! + asset.ownVolatility * own)
    const jumped = today.reduce((sum, { size }) => sum + size, 0)
    logPrice[day + 1] = logPrice[day]! + reversion * (anchor - logPrice[day]!) + diffusion + jumped
    // Busy days are volatile days: trades grow with volatility and with the size of the day's move.
    const trades = asset.tradesPerDay * level * (0.7 + 6 * Math.abs(diffusion + jumped)) * Math.exp(0.2 * activity)
    tradesBefore[day + 1] = tradesBefore[day]! + Math.max(1440 * 5, Math.round(trades))
  }
  return { logPrice, tradesBefore, jumps }
}
