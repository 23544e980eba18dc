import { allocateCandles, type CandleColumns } from './market-columns.ts'
import { fillBells, fillNormals, seededRandom } from './synthetic-random.ts'
import { dayMs, firstDay, marketVolatility, sectorVolatility, type AssetDays, type MarketDays } from './synthetic-days.ts'
import type { SyntheticAsset } from './synthetic-assets.ts'

export const minutesPerDay = 1440
/** A minute's first, highest, lowest and last trade need four. */
const fewestTrades = 4

/** One asset follows another's own moves some minutes later, to that share of its own variance. */
export interface LeadLag {
  readonly leader: string
  readonly follower: string
  readonly minutes: number
  /** 0 to 1: correlation of the follower's own moves with the leader's earlier ones. */
  readonly strength: number
}

/** What all assets of a day share, minute by minute: the market's and the sectors' moves, and how lively each minute is. */
export interface SharedMinutes {
  readonly liveliness: Float64Array
  readonly factor: Float64Array
  readonly sectors: ReadonlyMap<string, Float64Array>
}

export function sharedMinutes(seed: number | string, day: number, sectorNames: readonly string[]): SharedMinutes {
  const stream = (name: string) => fillNormals(seededRandom(seed, name, day), new Float64Array(minutesPerDay))
  const liveliness = stream('liveliness')
  let level = liveliness[0]! * 0.4
  for (let minute = 0; minute < minutesPerDay; minute++) {
    level = 0.97 * level + 0.1 * liveliness[minute]!
    // Busiest when Europe and America are both awake, quietest in their night.
    const hour = 1 + 0.35 * Math.sin(((minute - 540) / minutesPerDay) * 2 * Math.PI)
    liveliness[minute] = hour * Math.exp(level)
  }
  return { liveliness, factor: stream('factor'), sectors: new Map(sectorNames.map((name) => [name, stream(`sector ${name}`)])) }
}

/** An asset's own moves of one day, of variance 1, before any lead or lag. */
export const ownMoves = (seed: number | string, symbol: string, day: number) =>
  fillBells(seededRandom(seed, 'own', symbol, day), new Float64Array(minutesPerDay))

/** The follower's moves: partly what the leader did `minutes` ago, which may lie in the day before. */
export function followedMoves(seed: number | string, lead: LeadLag, day: number): Float64Array {
  const own = ownMoves(seed, lead.follower, day)
  const today = ownMoves(seed, lead.leader, day)
  const before = ownMoves(seed, lead.leader, day - 1)
  const rest = Math.sqrt(1 - lead.strength ** 2)
  return own.map((move, minute) => {
    const at = minute - lead.minutes
    return lead.strength * (at >= 0 ? today[at]! : before[minutesPerDay + at]!) + rest * move
  })
}

export interface DayInput {
  readonly seed: number | string
  readonly asset: SyntheticAsset
  /** Days since {@link firstDay}. */
  readonly day: number
  readonly market: MarketDays
  readonly days: AssetDays
  readonly shared: SharedMinutes
  readonly moves: Float64Array
}

/**
 * The log price at the end of each minute: a random walk of the market's, the sector's and the asset's own moves, bent so
 * that it ends where the day does (a Brownian bridge), plus the day's jumps where they happen.
 */
function pricePath({ asset, day, market, days, shared, moves }: DayInput): { path: Float64Array; scale: Float64Array } {
  const level = market.volatility[day]! / Math.sqrt(minutesPerDay)
  const sector = shared.sectors.get(asset.sector)!
  const path = new Float64Array(minutesPerDay)
  const scale = new Float64Array(minutesPerDay)
  const [b, s, o] = [asset.beta * marketVolatility, asset.sectorBeta * sectorVolatility, asset.ownVolatility]
  const total = Math.sqrt(b * b + s * s + o * o)
  let sum = 0
  for (let minute = 0; minute < minutesPerDay; minute++) {
    const unit = level * shared.liveliness[minute]!
    sum += unit * (b * shared.factor[minute]! + s * sector[minute]! + o * moves[minute]!)
    path[minute] = sum
    scale[minute] = unit * total
  }
  const jumped = days.jumps[day]!.reduce((all, jump) => all + jump.size, 0)
  const start = days.logPrice[day]!
  const bend = (days.logPrice[day + 1]! - start - jumped - sum) / minutesPerDay
  for (let minute = 0; minute < minutesPerDay; minute++) path[minute]! += start + bend * (minute + 1)
  for (const jump of days.jumps[day]!) for (let minute = jump.minute; minute < minutesPerDay; minute++) path[minute]! += jump.size
  return { path, scale }
}

/**
 * The 1440 one-minute candles of one asset's day, written into `columns`. Prices are whole ticks, volumes whole lots, trade counts sum to the day's.
 */
export function syntheticMinutes(input: DayInput, columns: CandleColumns = allocateCandles(minutesPerDay, true)): CandleColumns {
  const { seed, asset, day, days } = input
  const { path, scale } = pricePath(input)
  const details = columns.details!
  const noise = fillBells(seededRandom(seed, 'noise', asset.symbol, day), new Float64Array(minutesPerDay * 4))
  const perTick = 10 ** asset.priceDecimals
  const ticks = (logPrice: number) => Math.max(1, Math.round(Math.exp(logPrice) * perTick))
  const start = (firstDay + day) * dayMs
  const counts = tradeCounts(input, path, scale, noise)
  let open = ticks(days.logPrice[day]!)
  for (let minute = 0; minute < minutesPerDay; minute++) {
    const close = minute === minutesPerDay - 1 ? ticks(days.logPrice[day + 1]!) : ticks(path[minute]!)
    const wick = (k: number) => 1 + 0.6 * scale[minute]! * Math.abs(noise[minute * 4 + k]!)
    const high = Math.round(Math.max(open, close) * wick(0))
    const low = Math.max(1, Math.round(Math.min(open, close) / wick(1)))
    columns.openTime[minute] = start + minute * 60_000
    columns.open[minute] = open / perTick
    columns.high[minute] = high / perTick
    columns.low[minute] = low / perTick
    columns.close[minute] = close / perTick
    details.tradeCount[minute] = counts[minute]!
    fillVolumes(columns, minute, asset, noise[minute * 4 + 2]!)
    open = close
  }
  return columns
}

/** Spreads the day's trades over its minutes: more where the price moved more. */
function tradeCounts({ day, days }: DayInput, path: Float64Array, scale: Float64Array, noise: Float64Array): Float64Array {
  const weight = new Float64Array(minutesPerDay)
  let total = 0
  for (let minute = 0; minute < minutesPerDay; minute++) {
    const moved = Math.abs(path[minute]! - (minute > 0 ? path[minute - 1]! : days.logPrice[day]!))
    total += (scale[minute]! + moved) * Math.exp(0.4 * noise[minute * 4 + 3]!)
    weight[minute] = total
  }
  const spare = days.tradesBefore[day + 1]! - days.tradesBefore[day]! - fewestTrades * minutesPerDay
  let given = 0
  return weight.map((upTo) => {
    const due = Math.round((spare * upTo) / total)
    const count = fewestTrades + due - given
    given = due
    return count
  })
}

function fillVolumes(columns: CandleColumns, i: number, asset: SyntheticAsset, noise: number): void {
  const details = columns.details!
  const perLot = 10 ** asset.quantityDecimals
  const count = details.tradeCount[i]!
  const size = (asset.tradeSize / columns.close[i]!) * Math.exp(0.3 * noise)
  const lots = Math.max(count, Math.round(count * size * perLot))
  // Buyers press when the price rises; the share stays within a third and two thirds.
  const span = columns.high[i]! - columns.low[i]!
  const share = 0.5 + (span > 0 ? ((columns.close[i]! - columns.open[i]!) / span) / 6 : 0)
  const mean = (columns.open[i]! + columns.high[i]! + columns.low[i]! + columns.close[i]!) / 4
  const eight = (value: number) => Math.round(value * 1e8) / 1e8
  columns.volume[i] = lots / perLot
  details.quoteVolume[i] = eight((lots / perLot) * mean)
  details.takerBuyVolume[i] = Math.round(lots * share) / perLot
  details.takerBuyQuoteVolume[i] = eight((Math.round(lots * share) / perLot) * mean)
}
