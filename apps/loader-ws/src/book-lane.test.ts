import { DataMessage, recordKey, type BookDiff, type BookRecord } from '@streamforge/contracts'
import { rebuildBook } from '@streamforge/market'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { START, startFakeExchange, type FakeExchange } from './fake-exchange.ts'
import { fakeTopic, ofKind, runScenario, until, type FakeTopic } from './live-scenario.ts'

const DIFFS = 'btcusdt@depth@100ms'
const TICKER = 'btcusdt@bookTicker'

let exchange: FakeExchange
let topic: FakeTopic
/** The true book: quantity by price, at `updateId`. */
const bids = new Map<string, string>()
const asks = new Map<string, string>()
let updateId = 100

beforeEach(async () => {
  exchange = await startFakeExchange()
  topic = fakeTopic()
  updateId = 100
  bids.clear()
  asks.clear()
  for (let i = 1; i <= 5; i++) {
    bids.set(`${100 - i}.00`, '1.0')
    asks.set(`${100 + i}.00`, '1.0')
  }
  exchange.depth = () => ({ lastUpdateId: updateId, bids: sorted(bids, -1), asks: sorted(asks, 1) })
})
afterEach(() => exchange.close())

const sorted = (side: Map<string, string>, sign: number) => [...side].sort(([a], [b]) => sign * (Number(a) - Number(b))) as [string, string][]

/** The book changes twice; the frame tells both changes unless it is lost. */
function change(quantity: string, lost = false): void {
  bids.set('99.00', quantity)
  asks.set('101.00', quantity)
  const U = updateId + 1
  updateId += 2
  const frame = { e: 'depthUpdate', E: START + updateId, s: 'BTCUSDT', U, u: updateId, b: [['99.00', quantity]], a: [['101.00', quantity]] }
  if (!lost) exchange.send(DIFFS, frame)
}

const runBook = (options: object = {}) => runScenario({ exchange, topic, type: 'ws_orderbook', ...options })

it('publishes every diff, the snapshots and the best bid and offer, from which the book can be rebuilt at any update', async () => {
  const run = runBook({ pace: { bookSnapshotDiffs: 5 } })
  await exchange.subscribed(DIFFS)
  change('2.0')
  await until(topic, () => ofKind(topic, 'book_snapshot').length === 1)
  for (let i = 0; i < 12; i++) {
    change(`${i + 3}.5`)
    exchange.send(TICKER, { u: updateId, s: 'BTCUSDT', b: '99.00', B: `${i + 3}.5`, a: '101.00', A: `${i + 3}.5` })
  }
  await until(topic, () => ofKind(topic, 'book_diff').length === 13 && ofKind(topic, 'book_ticker').length === 12)
  run.stop()
  const result = await run.result
  for (const message of topic.messages) expect(DataMessage.safeParse(message).error).toBeUndefined()
  expect(ofKind(topic, 'book_snapshot').map((s) => s.source)).toEqual(['rest', 'periodic', 'periodic'])
  expect(result).toMatchObject({ records_written: 28, checkpoint: [{ position: 28 }] })
  const records = topic.messages.filter((m) => m.kind === 'book_diff' || m.kind === 'book_snapshot')
  for (const ticker of ofKind(topic, 'book_ticker')) {
    const rebuilt = rebuildBook(records, ticker.update_id)
    expect(rebuilt?.book.bestBid()).toMatchObject({ price: '99.00', quantity: ticker.bid_quantity })
  }
})

it('tells a gap and finds the right book again', async () => {
  const run = runBook()
  await exchange.subscribed(DIFFS)
  change('2.0')
  await until(topic, () => ofKind(topic, 'book_snapshot').length === 1)
  change('3.0', true)
  change('4.0')
  await until(topic, () => ofKind(topic, 'book_snapshot').length === 2)
  run.stop()
  await run.result
  expect(ofKind(topic, 'book_gap')).toMatchObject([{ expected_id: 103, got_id: 105, reason: 'sequence' }])
  expect(run.messages()).toContain('1 gaps in the book')
  expect(ofKind(topic, 'book_snapshot')[1]).toMatchObject({ last_update_id: 106, source: 'rest' })
})

it('counts the book as unknown from a lost connection to the next proof', async () => {
  const run = runBook()
  await exchange.subscribed(DIFFS)
  change('2.0')
  await until(topic, () => ofKind(topic, 'book_snapshot').length === 1)
  exchange.cut()
  await exchange.subscribed(DIFFS)
  change('3.0', true)
  change('4.0')
  await until(topic, () => ofKind(topic, 'book_gap').length === 1 && ofKind(topic, 'book_snapshot').length >= 2)
  run.stop()
  await run.result
  expect(ofKind(topic, 'book_gap')[0]!.reason).toBe('reconnect')
})

it.each([[1, 'tells of what came while no attempt was there'], [0, 'tells of nothing where nothing did']])('after %i changes that nobody heard %s', async (missed, _what) => {
  const first = runBook()
  await exchange.subscribed(DIFFS)
  change('2.0')
  await until(topic, () => ofKind(topic, 'book_snapshot').length === 1)
  first.kill()
  await first.result
  exchange.cut()
  for (let i = 0; i < missed; i++) change('3.0', true)
  const second = runBook()
  await exchange.subscribed(DIFFS)
  change('4.0')
  await until(topic, () => ofKind(topic, 'book_diff').length === 2)
  second.stop()
  const { records_written: records } = await second.result
  expect(ofKind(topic, 'book_gap')).toMatchObject(missed ? [{ expected_id: 103, got_id: 105, reason: 'reconnect' }] : [])
  const kinds = topic.messages.map(({ kind }) => kind).filter((kind) => kind === 'book_diff' || kind === 'book_gap')
  expect(kinds).toEqual(missed ? ['book_diff', 'book_gap', 'book_diff'] : ['book_diff', 'book_diff'])
  expect(records).toBe(topic.messages.filter((m) => m.kind.startsWith('book_')).length)
})

it('publishes a diff that comes twice once', async () => {
  const run = runBook()
  await exchange.subscribed(DIFFS)
  const frame = { e: 'depthUpdate', E: START, s: 'BTCUSDT', U: 101, u: 102, b: [], a: [] }
  for (let i = 0; i < 2; i++) exchange.send(DIFFS, frame)
  exchange.send(DIFFS, { ...frame, U: 103, u: 104 })
  await until(topic, () => ofKind(topic, 'book_diff').length === 2)
  run.stop()
  await run.result
  expect(ofKind(topic, 'book_diff').map((d: BookDiff) => d.final_update_id)).toEqual([102, 104])
})

it.each([['never', 0], ['some time before', 1]])('counts each record once over attempts, when the one that died had last reported %s', async (_, reports) => {
  const first = runBook({ pace: { bookSnapshotDiffs: 3 } })
  await exchange.subscribed(DIFFS)
  const tick = () => {
    change(`${updateId}.5`)
    exchange.send(TICKER, { u: updateId, s: 'BTCUSDT', b: '99.00', B: '1', a: '101.00', A: '1' })
  }
  for (let i = 0; i < 4; i++) tick()
  await until(topic, () => ofKind(topic, 'book_ticker').length === 4 && ofKind(topic, 'book_snapshot').length >= 1)
  const reported = () => first.progress.find((p) => p.checkpoint)?.checkpoint
  await expect.poll(reported, { interval: 5 }).toBeDefined()
  const checkpoint = reports === 0 ? [] : reported()!
  for (let i = 0; i < 6; i++) tick()
  await until(topic, () => ofKind(topic, 'book_ticker').length === 10)
  first.kill()
  await first.result
  exchange.cut()
  const second = runBook({ checkpoint })
  await exchange.subscribed(DIFFS)
  tick()
  await until(topic, () => ofKind(topic, 'book_ticker').length === 11)
  second.stop()
  const result = await second.result
  const records = new Set(topic.messages.filter((m) => m.kind.startsWith('book_')).map((m) => recordKey(m as BookRecord))).size
  expect(records).toBeGreaterThan(22)
  expect(result.records_written).toBe(records)
  expect(ofKind(topic, 'end_of_stream')).toMatchObject([{ records }])
})
