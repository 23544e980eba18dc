import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { binanceBookDiff, binanceBookSnapshot, firstDifference, LiveBook, OrderBook, type BookInstrument, type BookSyncInput } from '@streamforge/market'
import { noHistory } from '../live/live-market.ts'
import { readRecording } from '../live/recorded-frames.ts'
import { openScenario, type Scenario } from '../simulator-scenario.ts'
import { connectStream, until } from '../stream-client.test-support.ts'

const btc: BookInstrument = { venue: 'binance', symbol: 'BTCUSDT', market: 'spot' }
const now = 1_735_000_000_000
let s: Scenario
afterEach(() => s.simulator.close())

/** A book kept in step over the network, as a loader would. */
function bookClient() {
  const live = new LiveBook(btc, { minimumKnownLevels: 0, retryMinimumMs: 1, retryMaximumMs: 1 })
  let tick = now
  const asked: Promise<void>[] = []
  const handle = (input: BookSyncInput) => {
    for (const output of live.handle(input)) {
      if (output.type === 'request_snapshot') asked.push(ask(output.request))
    }
  }
  const ask = async (request: number) => {
    const snapshot = binanceBookSnapshot(await s.json('/api/v3/depth?symbol=BTCUSDT&limit=5000'), btc, 5000, now)
    tick += 10
    handle({ type: 'snapshot', request, snapshot, now: tick })
  }
  const hear = (text: string) => {
    tick += 10
    try {
      const { data } = JSON.parse(text) as { data?: unknown }
      if (data) handle({ type: 'diff', diff: binanceBookDiff(data, btc, now), now: tick })
    } catch {
      // Garbage; what was lost with it shows in the ids.
    }
  }
  return { live, hear, time: () => { tick += 10; handle({ type: 'time', now: tick }) }, settled: () => Promise.all(asked.splice(0)) }
}

async function differs(live: LiveBook): Promise<unknown> {
  const truth = new OrderBook()
  truth.load(binanceBookSnapshot(await s.json(`/_simulator/book?symbol=BTCUSDT&update_id=${live.book.updateId}`), btc, 1_000_000, now))
  return firstDifference(live.book, truth)
}

describe('a book over the network', () => {
  it.each([1, 2, 3])('equals the true one whenever it is valid, whatever happens to its frames (seed %i)', async (seed) => {
    s = await openScenario({ seed, streamLimits: { messagesPerSecond: 0 }, live: { rate: 200 } })
    const stream = await connectStream(`${s.simulator.wsUrl}/stream?streams=btcusdt@depth@100ms`)
    await stream.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })
    const client = bookClient()
    stream.socket.on('message', (data) => client.hear((data as Buffer).toString()))
    await s.faults(...['ws_drop', 'ws_duplicate', 'ws_reorder', 'ws_garbage', 'ws_truncate'].map((kind) => ({ kind, probability: 0.06 }) as { kind: 'ws_drop' }))
    let compared = 0
    for (let step = 0; step < 60; step++) {
      s.clock.time += 300
      await s.json('/_simulator/live')
      await client.settled()
      client.time()
      if (!client.live.valid) continue
      expect(await differs(client.live)).toBeUndefined()
      compared++
    }
    expect(compared).toBeGreaterThan(10)
    expect(Object.keys(s.simulator.stats().faults).length).toBe(5)
    await fetch(`${s.simulator.url}/_simulator/faults`, { method: 'DELETE' })
    const before = client.live.book.updateId
    s.clock.time += 500
    await until(() => {
      client.time()
      return client.live.valid && client.live.book.updateId > before
    })
    expect(await differs(client.live)).toBeUndefined()
  })

  it('is told of every symbol, at ids that are still known', async () => {
    s = await openScenario({ weightLimit: 6000 })
    const depth = async (limit: number) => {
      const response = await s.get(`/api/v3/depth?symbol=BTCUSDT&limit=${limit}`)
      const { bids, asks } = (await response.json()) as { bids: unknown[]; asks: unknown[] }
      return { weight: Number(response.headers.get('x-mbx-used-weight-1m')), levels: [bids.length, asks.length] }
    }
    expect(await depth(10)).toEqual({ weight: 5, levels: [10, 10] })
    expect((await depth(500)).weight).toBe(30)
    expect((await depth(1000)).weight).toBe(80)
    expect((await depth(5000)).weight).toBe(330)
    expect(await s.json('/api/v3/depth?symbol=NOSUCH')).toEqual({ code: -1121, msg: 'Invalid symbol.' })
    expect((await s.get('/_simulator/book?symbol=NOSUCH')).status).toBe(404)
    expect((await s.get('/_simulator/book?symbol=BTCUSDT&update_id=1')).status).toBe(404)
    expect((await s.get('/_simulator/book?symbol=BTCUSDT&update_id=x')).status).toBe(422)
  })
})

const spot = join(process.env['STREAMFORGE_DATA'] ?? join(import.meta.dirname, '../../../../../shared/data'), 'ws_frames/hftbacktest')

describe('recorded frames at full speed', () => {
  it.skipIf(!existsSync(spot))('all come, in order, however slowly they are taken (skipped where they are absent)', async () => {
    s = await openScenario({ market: noHistory(0), live: { recording: await readRecording(spot, 'spot') }, speed: 0, streamLimits: { mostBuffered: 4_000_000 } })
    const stream = await connectStream(`${s.simulator.wsUrl}/stream?streams=btcusdt@depth@100ms/btcusdt@aggTrade/btcusdt@bookTicker`)
    const client = bookClient()
    stream.socket.on('message', (data) => {
      const text = (data as Buffer).toString()
      if (text.startsWith('{"stream":"btcusdt@depth')) client.hear(text)
      if (stream.texts.length % 10_000 !== 0) return
      stream.socket.pause()
      setTimeout(() => stream.socket.resume(), 20)
    })
    await until(() => stream.texts.length === 3449 + 9756 + 28038)
    const ids = stream.data('btcusdt@aggTrade').map(({ a }) => a as number)
    expect(ids).toEqual(Array.from({ length: 9756 }, (_, k) => ids[0]! + k))
    await client.settled()
    client.time()
    await client.settled()
    expect(client.live.valid).toBe(true)
    expect(await differs(client.live)).toBeUndefined()
    const trades = (await s.json(`/api/v3/aggTrades?symbol=BTCUSDT&fromId=${ids.at(-1)}`)) as { a: number }[]
    expect(trades.map(({ a }) => a)).toEqual([ids.at(-1)])
  })
})
