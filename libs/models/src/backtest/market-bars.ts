import { StreamForgeError } from '@streamforge/contracts'
import type { AccountRules } from './account.ts'
import type { MarketBars, StrategyBar } from './strategy.ts'
import type { ClosedBar } from './trade-bar.ts'

/** Nothing is said of a backtest over fewer bars. */
export const fewestBacktestBars = 20

/** All bars missing, to be filled in. */
export function emptyMarketBars(symbol: string, openTimes: ArrayLike<number>, featureNames: readonly string[]): MarketBars {
  const column = () => new Float64Array(openTimes.length).fill(NaN)
  return {
    symbol, openTimes: Float64Array.from(openTimes), open: column(), high: column(), low: column(), close: column(), volume: column(), featureNames,
    features: new Float32Array(openTimes.length * featureNames.length).fill(NaN),
  }
}

/** The bars `from` to `to`, excluded, as series of their own; arrays are views. */
export function sliceMarketBars(bars: MarketBars, from: number, to: number): MarketBars {
  const width = bars.featureNames.length
  const cut = (column: Float64Array) => column.subarray(from, to)
  return {
    ...bars, openTimes: cut(bars.openTimes), open: cut(bars.open), high: cut(bars.high), low: cut(bars.low), close: cut(bars.close), volume: cut(bars.volume),
    features: bars.features.subarray(from * width, to * width),
  }
}

export const isPresent = (bars: MarketBars, index: number): boolean => bars.close[index]! > 0

/** The bar as a strategy sees it; its features are a view. */
export function closedBar(bars: MarketBars, index: number): ClosedBar {
  return { index, openTime: bars.openTimes[index]!, candle: candleAt(bars, index), features: featuresAt(bars, index) }
}

function candleAt({ open, high, low, close, volume }: MarketBars, index: number): StrategyBar['candle'] {
  return { open: open[index]!, high: high[index]!, low: low[index]!, close: close[index]!, volume: volume[index]! }
}

/** Null where nothing is known. */
function featuresAt({ features, featureNames }: MarketBars, index: number): Float32Array | null {
  const row = features.subarray(index * featureNames.length, (index + 1) * featureNames.length)
  return row.some((value) => !Number.isNaN(value)) ? row : null
}

/**
 * Refuses bars of which a backtest would say nothing.
 * @throws StreamForgeError NO_DATA, TOO_FEW_BARS, CONSTANT_SERIES, NO_VOLUME, CAPITAL_TOO_SMALL, BAD_TRAINING_DATA
 */
export function checkMarketBars(bars: MarketBars, rules: AccountRules): void {
  const { symbol, close, volume, openTimes } = bars
  const present = Array.from(openTimes.keys()).filter((index) => isPresent(bars, index))
  const refuse = (code: StreamForgeError['code'], message: string, remedy: string) => { throw new StreamForgeError(code, message, { remedy, details: { symbol } }) }
  if (present.length === 0) refuse('NO_DATA', `no candles of ${symbol} are stored in the range`, 'choose a range in which it trades')
  if (present.length < fewestBacktestBars) refuse('TOO_FEW_BARS', `${symbol} has ${present.length} bars; at least ${fewestBacktestBars} are needed`, 'load a longer time range')
  const broken = present.find((index) => !isWhole(bars, index))
  if (broken !== undefined) refuse('BAD_TRAINING_DATA', `the candle of ${symbol} at ${new Date(openTimes[broken]!).toISOString()} has prices that cannot be: a positive low at most, and a high at least, open and close are expected`, 'load the candles again')
  const first = close[present[0]!]
  if (present.every((index) => close[index] === first)) refuse('CONSTANT_SERIES', `the price of ${symbol} never changes in the range`, 'leave it out, or choose another range')
  if (present.every((index) => !(volume[index]! > 0))) refuse('NO_VOLUME', `nothing was traded of ${symbol} in the range: no order can be filled`, 'leave it out, or choose another range')
  const cheapest = present.reduce((least, index) => Math.min(least, bars.low[index]!), Infinity)
  const lot = cheapest * rules.lotSize * (1 + rules.slippageBps / 10_000) * (1 + rules.feeBps / 10_000)
  if (rules.initialCapital * rules.positionShare < lot) {
    refuse('CAPITAL_TOO_SMALL', `a capital of ${rules.initialCapital} never buys the smallest quantity of ${symbol}, ${rules.lotSize}: it costs at least ${Number(lot.toPrecision(6))} with costs, of ${Math.round(rules.positionShare * 100)} % of the capital`,
      'raise initial_capital or position_share, or lower lot_size')
  }
}

function isWhole({ open, high, low, close, volume }: MarketBars, index: number): boolean {
  const [o, h, l, c] = [open[index]!, high[index]!, low[index]!, close[index]!]
  return l > 0 && l <= Math.min(o, c) && h >= Math.max(o, c) && Number.isFinite(h) && !(volume[index]! < 0)
}

/** What should be known of the bars without being wrong. */
export function barWarnings(bars: MarketBars, from: number, to: number): string[] {
  let [missing, still] = [0, 0]
  for (let index = from; index < to; index++) {
    if (!isPresent(bars, index)) missing++
    else if (!(bars.volume[index]! > 0)) still++
  }
  return [
    ...(missing > 0 ? [`${missing} of ${to - from} bars are missing; orders waited for the next`] : []),
    ...(still > 0 ? [`in ${still} bars nothing was traded; orders for them came to nothing`] : []),
  ]
}
