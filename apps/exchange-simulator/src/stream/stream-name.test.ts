import { expect, it } from 'vitest'
import { parseStreamName } from './stream-name.ts'

it.each([
  ['btcusdt@aggTrade', 'BTCUSDT', 'aggTrade'], ['ethusdt@trade', 'ETHUSDT', 'trade'], ['ethusdt@bookTicker', 'ETHUSDT', 'bookTicker'],
  ['btcusdt@depth@100ms', 'BTCUSDT', 'depth'], ['btcusdt@depth', 'BTCUSDT', 'depth'], ['btcusd_perp@depth@0ms', 'BTCUSD_PERP', 'depth'],
  ['btcusdt@kline_1m', 'BTCUSDT', 'kline_1m'], ['btcusdt@kline_1M', 'BTCUSDT', 'kline_1M'],
])('knows %s', (name, symbol, channel) => {
  expect(parseStreamName(name)).toEqual({ name, symbol, channel })
})

it.each(['BTCUSDT@aggTrade', 'btcusdt', 'btcusdt@', 'btcusdt@kline_7m', 'btcusdt@kline_1m@100ms', 'btcusdt@depth@7ms', 'btcusdt@nothing', ''])('knows no %s', (name) => {
  expect(parseStreamName(name)).toBeUndefined()
})
