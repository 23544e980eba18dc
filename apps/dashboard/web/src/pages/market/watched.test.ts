import { expect, it } from 'vitest'
import { isWatched, splitWatched, toggleWatched } from './watched.ts'

const [btc, eth, stock] = [{ venue: 'binance', symbol: 'BTCUSDT' }, { venue: 'binance', symbol: 'ETHUSDT' }, { venue: 'yahoo', symbol: 'BTCUSDT' }]

it('puts an instrument on the watchlist and takes it off, by venue and symbol', () => {
  const list = toggleWatched(toggleWatched([], eth), { ...btc, intervals: ['5m'] } as typeof btc)
  expect(list).toEqual([eth, btc])
  expect(isWatched(list, stock)).toBe(false)
  expect(toggleWatched(list, eth)).toEqual([btc])
})

it('shows watched instruments first, in the order of the list, where there is something of them', () => {
  expect(splitWatched([btc, eth, stock], [stock, { venue: 'binance', symbol: 'GONE' }, btc])).toEqual({ watched: [stock, btc], others: [eth] })
  expect(splitWatched([btc], [])).toEqual({ watched: [], others: [btc] })
})
