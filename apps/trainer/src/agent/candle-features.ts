import { type FeatureRow, nextOpenTime, type StageSpec } from '@streamforge/contracts'
import { FeatureReducer } from '@streamforge/market'
import { isPresent, type MarketBars } from '@streamforge/models'

/** What the processor makes of candles alone: features of a market that the gate has changed. */
export function candleFeatures({ venue, interval }: StageSpec): (bars: MarketBars) => Float32Array {
  return (bars) => {
    const { openTimes, symbol, featureNames } = bars
    const features = new Float32Array(openTimes.length * featureNames.length).fill(NaN)
    const place = new Map(Array.from(openTimes, (time, index) => [time, index]))
    const reducer = new FeatureReducer({ venue, symbol, interval, range: { from: openTimes[0]!, to: openTimes.at(-1)! + 1 }, trades: false, quotes: false, articles: false })
    const keep = (row: FeatureRow) => row.values.forEach((value, f) => { features[place.get(row.open_time)! * featureNames.length + f] = value ?? NaN })
    for (let index = 0; index < openTimes.length; index++) {
      if (!isPresent(bars, index)) continue
      const open_time = openTimes[index]!
      const end = nextOpenTime(open_time, interval)
      reducer.step({
        kind: 'candle', venue, symbol, interval, open_time, open: bars.open[index]!, high: bars.high[index]!, low: bars.low[index]!, close: bars.close[index]!,
        volume: bars.volume[index]!, event_time: end, known_time: end, backfilled: true,
      }).forEach(keep)
    }
    return features
  }
}
