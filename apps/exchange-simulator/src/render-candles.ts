import { nextOpenTime, type Interval } from '@streamforge/contracts'
import type { CandleSlice } from '@streamforge/market'
import { ByteWriter } from './byte-writer.ts'

const writer = new ByteWriter()

/** Binance's answer to /api/v3/klines: rows of 12 fields. What the source does not know is 0. */
export function renderKlines({ columns, start, end }: CandleSlice, interval: Interval): Buffer {
  writer.text('[')
  for (let i = start; i < end; i++) {
    const open = columns.openTime[i]!
    writer.text(i === start ? '[' : ',[').integer(open)
    writer.text(',"').decimal8(columns.open[i]!).text('","').decimal8(columns.high[i]!)
    writer.text('","').decimal8(columns.low[i]!).text('","').decimal8(columns.close[i]!)
    writer.text('","').decimal8(columns.volume[i]!).text('",').integer(nextOpenTime(open, interval) - 1)
    if (!columns.details) {
      writer.text(',"0.00000000",0,"0.00000000","0.00000000","0"]')
      continue
    }
    const { quoteVolume, tradeCount, takerBuyVolume, takerBuyQuoteVolume } = columns.details
    writer.text(',"').decimal8(quoteVolume[i]!).text('",').integer(tradeCount[i]!)
    writer.text(',"').decimal8(takerBuyVolume[i]!).text('","').decimal8(takerBuyQuoteVolume[i]!).text('","0"]')
  }
  return writer.text(']').take()
}

/** Lines of an archive file: the same fields without quotes, times in milliseconds or, from 2025 on, microseconds. */
export function renderKlineLines({ columns, start, end }: CandleSlice, interval: Interval, microseconds: boolean): Buffer {
  const scale = microseconds ? 1000 : 1
  for (let i = start; i < end; i++) {
    const open = columns.openTime[i]!
    writer.integer(open * scale).text(',').decimal8(columns.open[i]!).text(',').decimal8(columns.high[i]!)
    writer.text(',').decimal8(columns.low[i]!).text(',').decimal8(columns.close[i]!).text(',').decimal8(columns.volume[i]!)
    writer.text(',').integer(nextOpenTime(open, interval) * scale - 1)
    if (!columns.details) {
      writer.text(',0.00000000,0,0.00000000,0.00000000,0\n')
      continue
    }
    const { quoteVolume, tradeCount, takerBuyVolume, takerBuyQuoteVolume } = columns.details
    writer.text(',').decimal8(quoteVolume[i]!).text(',').integer(tradeCount[i]!)
    writer.text(',').decimal8(takerBuyVolume[i]!).text(',').decimal8(takerBuyQuoteVolume[i]!).text(',0\n')
  }
  return writer.take()
}
