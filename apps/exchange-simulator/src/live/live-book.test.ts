import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { binanceBookDiff, binanceBookSnapshot, firstDifference, LiveBook, OrderBook, syntheticMarket, type BookInstrument } from '@streamforge/market'
import { noHistory } from './live-market.ts'
import { LiveVenue } from './live-venue.ts'
import { readRecording, type Recording } from './recorded-frames.ts'
import type { VenueBook } from './venue-book.ts'

const btc: BookInstrument = { venue: 'binance', symbol: 'BTCUSDT', market: 'spot' }
const data = join(process.env['STREAMFORGE_DATA'] ?? join(import.meta.dirname, '../../../../../shared/data'), 'ws_frames')

/** Follows the diffs with libs/market's own book from snapshots as REST shows them. */
function follower(instrument: BookInstrument, book: VenueBook, depth: number) {
  const live = new LiveBook(instrument, { minimumKnownLevels: 0 })
  let now = 1_735_000_000_000
  const handle = (input: Parameters<LiveBook['handle']>[0]) => {
    for (const output of live.handle(input)) {
      if (output.type !== 'request_snapshot') continue
      const snapshot = binanceBookSnapshot(book.show(depth), instrument, depth, now)
      handle({ type: 'snapshot', snapshot, request: output.request, now })
    }
  }
  return { live, diff: (payload: unknown) => handle({ type: 'diff', diff: binanceBookDiff(payload, instrument, ++now), now }) }
}

function trueBook(book: VenueBook, id: number, instrument: BookInstrument): OrderBook {
  const loaded = new OrderBook()
  loaded.load(binanceBookSnapshot(book.at(id, Infinity), instrument, 1_000_000, 1_735_000_000_000))
  return loaded
}

describe('the made-up book', () => {
  it('is what snapshot and diffs lead to, at every diff, and its best is what bookTicker tells', async () => {
    const market = syntheticMarket({ seed: 5, symbols: ['BTCUSDT'], from: Date.UTC(2024, 11, 30), to: Date.UTC(2024, 11, 31) })
    const clock = { time: market.end }
    let compared = 0
    const tickers = new Map<number, string[]>()
    const lastIds: number[] = []
    const venue = new LiveVenue({
      market, clock: () => clock.time, seed: 11, rate: 500,
      publish: (symbol, channel, make) => {
        const payload = JSON.parse(make()) as { U: number; u: number; b: string; B: string; a: string; A: string }
        if (channel === 'bookTicker') tickers.set(payload.u, [payload.b, payload.B, payload.a, payload.A])
        if (channel !== 'depth') return
        if (lastIds.length > 0) expect(payload.U).toBe(lastIds.at(-1)! + 1)
        lastIds.push(payload.u)
        const followed = (followers ??= follower(btc, venue.live.get(symbol)!.book, 5000))
        followed.diff(payload)
        if (!followed.live.valid) return
        expect(firstDifference(followed.live.book, trueBook(venue.live.get(symbol)!.book, payload.u, btc))).toBeUndefined()
        compared++
      },
    })
    let followers: ReturnType<typeof follower> | undefined
    await venue.follow('BTCUSDT', 'depth')
    clock.time += 25_000
    venue.now()
    expect(compared).toBeGreaterThan(240)
    const { book } = venue.live.get('BTCUSDT')!
    for (const [id, [bid, bidQuantity, ask, askQuantity]] of [...tickers].slice(-500)) {
      const best = book.at(id, 1)!
      expect([best.bids[0], best.asks[0]]).toEqual([[bid, bidQuantity], [ask, askQuantity]])
      expect(Number(bid)).toBeLessThan(Number(ask))
    }
    const snapshot = book.show(5000)
    expect(snapshot.bids.length).toBeGreaterThan(60)
    // Somewhere between two diffs, as on the venue.
    expect(snapshot.lastUpdateId).toBeGreaterThanOrEqual(lastIds.at(-1)!)
  })

  it('is remembered for as many changes as asked', async () => {
    const market = syntheticMarket({ seed: 5, symbols: ['BTCUSDT'], from: Date.UTC(2024, 11, 30), to: Date.UTC(2024, 11, 31) })
    const clock = { time: market.end }
    const venue = new LiveVenue({ market, clock: () => clock.time, seed: 11, rate: 500, keepBook: 400, publish: () => undefined })
    await venue.begin('BTCUSDT')
    clock.time += 20_000
    venue.now()
    const { book } = venue.live.get('BTCUSDT')!
    expect(book.updateId - book.oldestId).toBeGreaterThan(300)
    expect(book.updateId - book.oldestId).toBeLessThanOrEqual(450)
    expect([book.at(book.oldestId - 1, 5), book.at(book.updateId + 1, 5)]).toEqual([undefined, undefined])
    expect(book.at(book.updateId, 100)).toEqual(book.show(100))
    for (let id = book.oldestId; id < book.updateId; id++) {
      const [older, newer] = [book.at(id, 10_000)!, book.at(id + 1, 10_000)!]
      const [before, after] = [older, newer].map(({ bids, asks }) => new Set([...bids, ...asks].map(String))) as [Set<string>, Set<string>]
      expect([...before].filter((level) => !after.has(level)).length).toBeLessThanOrEqual(1)
      expect([...after].filter((level) => !before.has(level)).length).toBeLessThanOrEqual(1)
    }
  })
})

async function replayed(recording: Recording, symbol: string, instrument: BookInstrument) {
  let followed: ReturnType<typeof follower> | undefined
  const counts = { compared: 0, trades: 0, invalid: 0 }
  const venue: LiveVenue = new LiveVenue({
    market: noHistory(0), clock: () => 0, seed: 1, recording,
    publish: (of, channel, make) => {
      if (of !== symbol) return
      if (channel === 'aggTrade') counts.trades++
      if (channel !== 'depth') return
      const { book } = venue.live.get(symbol)!
      followed ??= follower(instrument, book, 5000)
      followed.diff(JSON.parse(make()))
      if (!followed.live.valid) counts.invalid++
      else if (++counts.compared % 100 === 0) expect(firstDifference(followed.live.book, trueBook(book, book.updateId, instrument))).toBeUndefined()
    },
  })
  while (!venue.replay!.ended) venue.replay!.step()
  return { venue, counts }
}

describe('recorded frames', () => {
  const spot = join(data, 'hftbacktest')
  it.skipIf(!existsSync(spot))('replay to the book that they tell, and their trades are in REST (skipped where they are absent)', async () => {
    const { venue, counts } = await replayed(await readRecording(spot, 'spot'), 'BTCUSDT', btc)
    expect(counts).toEqual({ compared: 3449, trades: 9756, invalid: 0 })
    const trades = await venue.market.trades({ symbol: 'BTCUSDT', from: 0, to: venue.now(), limit: 100_000 })
    expect(trades.end - trades.start).toBe(counts.trades)
    expect(venue.market.instruments().map(({ symbol, baseAsset }) => [symbol, baseAsset])).toEqual([['BTCUSDT', 'BTC'], ['ETHUSDT', 'ETH']])
    const candles = await venue.market.candles({ symbol: 'BTCUSDT', interval: '1m', from: 0, to: venue.now(), limit: 100 })
    expect(candles.columns.details!.tradeCount.reduce((a, b) => a + b, 0)).toBe(counts.trades)
  })

  it.skipIf(!existsSync(spot))('of futures follow the rule of futures', async () => {
    const { counts } = await replayed(await readRecording(spot, 'usdm'), 'ETHUSDT', { ...btc, symbol: 'ETHUSDT', market: 'usdm' })
    expect(counts.invalid).toBe(0)
    expect(counts.compared).toBeGreaterThan(6000)
  })

  const other = join(data, 'cryptofeed')
  it.skipIf(!existsSync(other))('of several symbols with their snapshots from REST', async () => {
    const recording = await readRecording(other, 'spot')
    expect([...recording.snapshots.keys()]).toEqual(['NKNUSDT', 'BLZETH', 'LRCBTC', 'RUNEEUR'])
    const { counts } = await replayed(recording, 'NKNUSDT', { ...btc, symbol: 'NKNUSDT' })
    expect([counts.compared > 100, counts.invalid]).toEqual([true, 0])
  })
})
