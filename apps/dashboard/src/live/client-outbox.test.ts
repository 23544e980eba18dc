import { describe, expect, it } from 'vitest'
import { bookDiff, bookSnapshot, openDashboard, trade, venue } from '../dashboard-scenario.ts'
import { clientOutbox } from './client-outbox.ts'

function fakeSocket() {
  return {
    readyState: 1, OPEN: 1, bufferedAmount: 0, sent: [] as string[], ended: false,
    send(text: string) {
      this.sent.push(text)
      this.bufferedAmount += text.length
    },
    terminate() { this.ended = true },
  }
}

describe('the outbox of a page', () => {
  it('is bounded: what is too much is left out, and said so once, until the page has read on', () => {
    const socket = fakeSocket()
    const clock = { now: 1_722_470_400_000 }
    let ended = 0
    const outbox = clientOutbox(socket, { maxBytes: 500, patienceMs: 60_000, now: () => clock.now, onBehind: () => ended++ })
    for (let i = 0; i < 100; i++) outbox.data(1, JSON.stringify({ kind: 'trades', trades: [], skipped: i }))
    outbox.tell({ op: 'heartbeat', at: clock.now, every_ms: 2_000 })
    expect(socket.bufferedAmount).toBeLessThan(500 + 200)
    expect(JSON.parse(socket.sent.at(-1)!)).toEqual({ op: 'behind', at: clock.now })
    expect([ended, outbox.behind]).toEqual([1, true])
    socket.bufferedAmount = 0
    const before = socket.sent.length
    outbox.data(1, '{}')
    expect(socket.sent).toHaveLength(before)
    outbox.resume()
    outbox.data(7, '{}')
    expect(JSON.parse(socket.sent.at(-1)!)).toEqual({ op: 'data', id: 7, at: clock.now, data: {} })
  })

  it('loses patience with a page that never reads on, and only then', () => {
    const socket = fakeSocket()
    const clock = { now: 0 }
    const outbox = clientOutbox(socket, { maxBytes: 0, patienceMs: 60_000, now: () => clock.now, onBehind: () => undefined })
    outbox.check()
    outbox.data(1, '{}')
    clock.now = 60_000
    outbox.check()
    expect(socket.ended).toBe(false)
    clock.now++
    outbox.check()
    expect(socket.ended).toBe(true)
  })
})

describe('a page that does not keep up', () => {
  it('is dropped to catching up, costs others nothing, and then has the present state', async () => {
    const maxWaiting = 64 * 1024
    const scenario = await openDashboard({ maxWaiting })
    try {
      await scenario.addQueue('wf-t', 'ws_trades', 'running')
      await scenario.addQueue('wf-b', 'ws_orderbook', 'running', { collection: 'btcusdt_book' })
      await scenario.publish('wf-b-data', [bookSnapshot(1)])
      const [slow, quick] = [await scenario.open(), await scenario.open()]
      for (const page of [slow, quick]) page.follow(0, { kind: 'book', venue, symbol: 'BTCUSDT' })
      // Many subscriptions of one thing: much to send to this page, little to do for the server.
      for (let id = 1; id < 50; id++) slow.follow(id, { kind: 'trades', venue, symbol: 'BTCUSDT' })
      quick.follow(1, { kind: 'trades', venue, symbol: 'BTCUSDT' })
      await expect.poll(() => [slow.payloads('trades').length, quick.payloads('trades').length]).toEqual([49, 1])
      slow.socket.pause()
      let id = 0
      const newest = (page: typeof slow) => page.payloads('trades').at(-1)?.trades.at(-1)?.trade_id
      // Whatever the system's own buffers hold (megabytes), in the end more waits than may.
      for (let round = 0; round < 60; round++) {
        await scenario.publish('wf-t-data', Array.from({ length: 200 }, () => trade(++id, id)))
        await expect.poll(() => newest(quick), { timeout: 5_000, interval: 5 }).toBe(id)
      }
      await scenario.publish('wf-b-data', [bookDiff(2, '42')])
      await expect.poll(() => quick.payloads('book').at(-1)?.book).toMatchObject({ status: 'valid', bids: [{ quantity: '42' }] })
      slow.socket.resume()
      await expect.poll(() => slow.messages.some((m) => m.op === 'behind'), { timeout: 10_000 }).toBe(true)
      const told = slow.messages.findIndex((m) => m.op === 'behind')
      expect(newest(slow)).toBeLessThan(id)
      expect(slow.payloads('book').at(-1)?.book.bids[0]?.quantity).toBe('1')
      expect(slow.messages.slice(told + 1).filter((m) => m.op === 'data')).toEqual([])
      slow.send({ op: 'resume' })
      slow.follow(0, { kind: 'book', venue, symbol: 'BTCUSDT' })
      slow.follow(1, { kind: 'trades', venue, symbol: 'BTCUSDT' }, newest(slow))
      await expect.poll(() => [newest(slow), slow.payloads('book').at(-1)?.book.bids[0]?.quantity]).toEqual([id, '42'])
    } finally {
      await scenario.close()
    }
  })
})
