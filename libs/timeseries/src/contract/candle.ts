import type { AnyPoint, SeriesPoint } from '../time-series.ts'

export const start = Date.UTC(2024, 7, 1)
export const minute = 60_000

export const candle = (symbol: string, index: number, fields: SeriesPoint<'candles'>['fields'] = {}): AnyPoint => ({
  measurement: 'candles', tags: { venue: 'binance', symbol, interval: '1m' }, time: start + index * minute,
  fields: { open: 10 + index, high: 20 + index, low: 5.25, close: 11 + index, volume: 1.5, trade_count: index, ...fields },
})
