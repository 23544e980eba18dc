import { allocateTrades, type CandleColumns, type TradeColumns } from './market-columns.ts'
import type { SyntheticAsset } from './synthetic-assets.ts'
import { seededRandom } from './synthetic-random.ts'

/**
 * The trades of one synthetic minute: as many as its candle counts, the first at its open and the last at its close, at least
 * one at its high and one at its low, quantities that sum to its volume to the last lot.
 */
export function syntheticTrades(seed: number | string, asset: SyntheticAsset, candles: CandleColumns, i: number, firstId: number): TradeColumns {
  const count = candles.details!.tradeCount[i]!
  const minute = candles.openTime[i]!
  const random = seededRandom(seed, 'trades', asset.symbol, minute)
  const trades = allocateTrades(count)
  const prices = pricesWithin(candles, i, count, 10 ** asset.priceDecimals, random)
  const lots = spreadLots(Math.round(candles.volume[i]! * 10 ** asset.quantityDecimals), count, random)
  let maker = random() < 0.5 ? 1 : 0
  for (let k = 0; k < count; k++) {
    const step = k > 0 ? prices[k]! - prices[k - 1]! : 0
    // A trade below the one before was a sale into a bid: its buyer was the maker.
    if (step !== 0) maker = step < 0 ? 1 : 0
    else if (random() < 0.3) maker = 1 - maker
    trades.id[k] = firstId + k
    trades.time[k] = minute + Math.floor((60_000 * (k + random())) / count)
    trades.price[k] = prices[k]! / 10 ** asset.priceDecimals
    trades.quantity[k] = lots[k]! / 10 ** asset.quantityDecimals
    trades.buyerMaker[k] = maker
  }
  return trades
}

/** Prices in ticks: straight from open over the extremes to close, with noise that stays between low and high. */
function pricesWithin(candles: CandleColumns, i: number, count: number, perTick: number, random: () => number): Float64Array {
  const [open, high, low, close] = [candles.open, candles.high, candles.low, candles.close].map((c) => Math.round(c[i]! * perTick)) as [number, number, number, number]
  const early = 1 + Math.floor(random() * ((count - 2) / 2))
  const late = early + 1 + Math.floor(random() * (count - 2 - early))
  const turns: [at: number, price: number][] = [[0, open], [early, close > open ? low : high], [late, close > open ? high : low], [count - 1, close]]
  const prices = new Float64Array(count)
  for (let leg = 0; leg < 3; leg++) {
    const [from, start] = turns[leg]!
    const [to, end] = turns[leg + 1]!
    for (let k = from; k <= to; k++) {
      const inner = k > from && k < to
      const straight = start + ((end - start) * (k - from)) / (to - from) + (inner ? (random() - 0.5) * 0.2 * (high - low) : 0)
      prices[k] = Math.min(high, Math.max(low, Math.round(straight)))
    }
  }
  return prices
}

/** `total` lots over `count` trades, at least one each, in sizes that differ as much as real ones. */
function spreadLots(total: number, count: number, random: () => number): Float64Array {
  const upTo = new Float64Array(count)
  let sum = 0
  for (let k = 0; k < count; k++) {
    sum += -Math.log(1 - random()) + 0.01
    upTo[k] = sum
  }
  const spare = total - count
  let given = 0
  return upTo.map((weight) => {
    const due = Math.round((spare * weight) / sum)
    const lots = 1 + due - given
    given = due
    return lots
  })
}
