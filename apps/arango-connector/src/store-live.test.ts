import { publishMessages } from '@streamforge/bus'
import { type BookDiff, catalog, CoverageCertificate, QueueEvent, recordKey, type Trade, type WorkerEvent } from '@streamforge/contracts'
import type { StopCause } from '@streamforge/service'
import { afterEach, describe, expect, it } from 'vitest'
import { type Bench, candle, gap, loaderFinished, loaderStopped, marker, minute, openBench, start, trade, trades } from './connector-fixture.ts'

let bench: Bench
afterEach(() => bench.close())

const waits = { pollMs: 5, idleMs: 50, certifyMs: 600_000 }
const say = (event: ReturnType<typeof loaderFinished> | ReturnType<typeof loaderStopped> | WorkerEvent) =>
  publishMessages(bench.bus, catalog['queue-events'], [event])
const certificateOf = (outcome: Awaited<ReturnType<Bench['run']>>) => {
  expect(outcome.error).toBeUndefined()
  return CoverageCertificate.parse(outcome.result?.certificate)
}
const stored = (count: number) => expect.poll(() => bench.store.count(bench.assignment.collection_name).catch(() => 0), { interval: 5 }).toBe(count)

/** What other queues keep in the same collection. */
async function storeOthers(records: readonly Trade[]) {
  await bench.store.ensureCollection(bench.assignment.collection_name)
  await bench.store.writeBatch(bench.assignment.collection_name, records.map((t) => ({ _key: recordKey(t), ...t })))
}

/** What the connector has said. */
async function heard(): Promise<WorkerEvent[]> {
  const { partitions } = await bench.bus.admin.describeTopic('queue-events')
  const pages = await Promise.all(partitions.map(({ partition, earliest }) =>
    bench.bus.admin.peek('queue-events', { partition, offset: earliest, limit: 1000 })))
  return pages.flat().map(({ value }) => QueueEvent.parse(JSON.parse(value.toString())))
    .filter((event): event is WorkerEvent => event.status !== 'pong' && event.producer.startsWith('arango-connector'))
}

describe('live trades', () => {
  it('are stored until the loader has stopped, and certified from the first to the last', async () => {
    bench = await openBench({ type: 'ws_trades' })
    await bench.publish([...trades(100, 300), marker(200)])
    await say(loaderStopped())
    const outcome = await bench.run({}, {}, waits)
    expect(outcome).toMatchObject({ exitCode: 0, ended: 'finished' })
    expect(certificateOf(outcome)).toMatchObject({
      open: true, unit: 'trades', rows_stored: 200, lost: 0, first_trade_id: 100, last_trade_id: 299, complete: true,
      from: trade(100).event_time, to: trade(299).event_time + 1, time_range: bench.assignment.time_range,
    })
  })

  it('show a hole that nothing explains', async () => {
    bench = await openBench({ type: 'ws_trades' })
    await bench.publish([...trades(100, 200), ...trades(205, 300), marker(195)])
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, {}, waits))).toMatchObject({ rows_stored: 195, lost: 5, hole_count: 1, complete: false })
  })

  it('go on after markers of a loader that came back', async () => {
    bench = await openBench({ type: 'ws_trades' })
    await bench.publish([...trades(100, 200), marker(100)])
    const running = bench.run({}, {}, waits)
    await stored(100)
    await bench.publish([...trades(200, 250), marker(150, { attempt: 2 })])
    await say(loaderStopped(2))
    expect(certificateOf(await running)).toMatchObject({ rows_stored: 150, complete: true })
  })

  it('end without markers when the loader was stopped before it had begun', async () => {
    bench = await openBench({ type: 'ws_trades' })
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, {}, waits))).toMatchObject({ rows_stored: 0, complete: true })
  })

  it('form one series with the history before them, with its gaps', async () => {
    bench = await openBench({ type: 'ws_trades' })
    await bench.store.ensureCollection(bench.assignment.collection_name)
    await bench.store.ensureCollection('gaps')
    const history = [...trades(0, 40), ...trades(50, 101)]
    await bench.store.writeBatch(bench.assignment.collection_name, history.map((t) => ({ _key: recordKey(t), ...t })))
    const hole = gap(trade(39).event_time + 1, trade(50).event_time, 10, { type: 'api_trades', queue_id: 'another-queue' })
    await bench.store.writeBatch('gaps', [{ _key: `BTCUSDT_api_trades_${hole.from}`, ...hole }])
    await bench.publish([...trades(100, 200), marker(100)])
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, {}, waits))).toMatchObject({
      rows_stored: 190, missing_at_source: 10, lost: 0, first_trade_id: 0, last_trade_id: 199, complete: true, duplicates_refused: 1,
    })
  })

  it.each([['live first', [false, true]], ['history first', [true, false]]])('keep what live knew and when, at the seam: %s', async (_, order) => {
    bench = await openBench({ type: 'ws_trades' })
    const copies = order.map((backfilled) => ({ ...trade(100), backfilled, known_time: trade(100).event_time + (backfilled ? 60_000 : 7) }))
    await bench.publish([copies[0], copies[1], marker(1)])
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, {}, waits))).toMatchObject({ rows_stored: 1, duplicates_refused: 1, complete: true })
    expect(await bench.stored()).toMatchObject([{ trade_id: 100, backfilled: false, known_time: trade(100).event_time + 7 }])
  })

  it('vouch for their own part of a collection that other live queues use too, and not for the time between', async () => {
    bench = await openBench({ type: 'ws_trades' })
    await storeOthers([...trades(0, 50), ...trades(500, 510)])
    await bench.publish([...trades(100, 200), marker(100)])
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, {}, waits))).toMatchObject({
      rows_stored: 100, rows_expected: 100, lost: 0, hole_count: 0, first_trade_id: 100, last_trade_id: 199, complete: true, from: trade(100).event_time, to: trade(199).event_time + 1,
    })
  })

  it('reach back only over what joins them without an unexplained hole, and miss what they lack themselves', async () => {
    bench = await openBench({ type: 'ws_trades' })
    await storeOthers([...trades(0, 50), ...trades(60, 100)])
    await bench.publish([...trades(100, 120), ...trades(125, 200), marker(95)])
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, {}, waits))).toMatchObject({
      rows_stored: 135, rows_expected: 140, lost: 5, hole_count: 1, first_trade_id: 60, last_trade_id: 199, complete: false,
    })
  })

  it('know their own part after a crash, though nothing more came', async () => {
    bench = await openBench({ type: 'ws_trades' })
    await storeOthers(trades(500, 510))
    await bench.publish([...trades(100, 150), '{"not": "a record"}'])
    let stop: (cause: StopCause) => void = () => undefined
    const running = bench.run({ onStop: (given) => {
      stop = given
      return () => undefined
    } }, {}, waits)
    await stored(60)
    await bench.publish(trades(150, 200))
    await stored(110)
    stop({ kind: 'terminated', signal: 'SIGTERM' })
    expect(await running).toMatchObject({ ended: 'terminated' })
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, { attempt: 2 }, waits))).toMatchObject({ rows_stored: 100, lost: 0, first_trade_id: 100, last_trade_id: 199, dead_lettered: 1 })
  })

  it.each([
    ['between records', [...trades(100, 150), 'gap', ...trades(155, 200)], { rows_stored: 95, last_trade_id: 199 }],
    ['at their end', [...trades(100, 150), 'gap'], { rows_stored: 50, last_trade_id: 149 }],
  ])('name a hole that was not filled when they stopped: %s', async (_, records, expected) => {
    bench = await openBench({ type: 'ws_trades' })
    const left = gap(trade(149).event_time, trade(155).event_time, 5, { type: 'ws_trades', cause: 'unconfirmed' })
    await bench.publish([...records.map((r) => (r === 'gap' ? left : r)), marker(95)])
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, {}, waits))).toMatchObject({
      ...expected, lost: 5, missing_at_source: 0, complete: false, holes: [{ missing: 5, cause: 'unconfirmed', from: left.from, to: left.to }],
    })
  })

  it('are certified while they come', async () => {
    bench = await openBench({ type: 'ws_trades' })
    await bench.publish(trades(100, 200))
    const running = bench.run({ pace: { loading: 5, heartbeat: 20 } }, {}, { ...waits, certifyMs: 5 })
    const certified = async () => (await heard()).find((event) => event.status === 'loading' && event.certificate?.rows_stored === 100)?.certificate
    await expect.poll(certified, { interval: 10 }).toMatchObject({ open: true, complete: true, last_trade_id: 199 })
    expect(await bench.store.get('coverage', bench.assignment.queue_id)).toMatchObject({ open: true })
    await bench.publish([marker(100)])
    await say(loaderStopped())
    await running
  })

  it('are drained and certified by a connector that is stopped', async () => {
    bench = await openBench({ type: 'ws_trades' })
    await bench.publish(trades(100, 200))
    let stop: (cause: StopCause) => void = () => undefined
    const running = bench.run({ onStop: (given) => {
      stop = given
      return () => undefined
    } }, {}, waits)
    await stored(100)
    await bench.publish(trades(200, 400))
    stop({ kind: 'stopped', reason: 'enough' })
    expect(await running).toMatchObject({ exitCode: 0, ended: 'stopped' })
    expect((await heard()).at(-1)).toMatchObject({ status: 'stopped', certificate: { rows_stored: 300, complete: true } })
  })

  it('leave the certificate to the next attempt when the connector is terminated', async () => {
    bench = await openBench({ type: 'ws_trades' })
    await bench.publish(trades(100, 200))
    let stop: (cause: StopCause) => void = () => undefined
    const running = bench.run({ onStop: (given) => {
      stop = given
      return () => undefined
    } }, {}, waits)
    await stored(100)
    stop({ kind: 'terminated', signal: 'SIGTERM' })
    expect(await running).toMatchObject({ exitCode: 143, ended: 'terminated' })
    await bench.publish([...trades(200, 300), marker(200)])
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, { attempt: 2 }, waits))).toMatchObject({ rows_stored: 200, complete: true })
  })
})

describe('live candles', () => {
  it('are stored when closed, and only within the range', async () => {
    bench = await openBench({ type: 'ws_candles_1m' })
    const live = (index: number) => candle(index, { backfilled: false })
    await bench.publish([live(-1), live(0), { ...live(1), kind: 'candle_open' }, live(1), live(2), marker(4)])
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, {}, waits))).toMatchObject({
      unit: 'candles', rows_stored: 3, dead_lettered: 0, complete: true, from: start, to: start + 3 * minute,
    })
    expect((await bench.stored()).map((d) => d.kind)).toEqual(['candle', 'candle', 'candle'])
  })

  it('vouch for their own part, and for a hole at its end', async () => {
    bench = await openBench({ type: 'ws_candles_1m' })
    await bench.store.ensureCollection(bench.assignment.collection_name)
    await bench.store.writeBatch(bench.assignment.collection_name, [candle(0), candle(1), candle(40)].map((c) => ({ _key: recordKey(c), ...c })))
    const hole = gap(start + 13 * minute, start + 15 * minute, 2, { type: 'ws_candles_1m', cause: 'unconfirmed' })
    await bench.publish([...Array.from({ length: 3 }, (_, i) => candle(10 + i, { backfilled: false })), hole, marker(3)])
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, {}, waits))).toMatchObject({
      rows_stored: 3, rows_expected: 5, lost: 2, from: start + 10 * minute, to: start + 15 * minute, holes: [{ ...{ from: hole.from, to: hole.to }, missing: 2, cause: 'unconfirmed' }],
    })
  })
})

describe('a live order book', () => {
  const diff = (first: number, last: number): BookDiff => ({
    kind: 'book_diff', venue: 'binance', symbol: 'BTCUSDT', market: 'spot', first_update_id: first, final_update_id: last,
    bids: [['60000.10', '1.5']], asks: [], event_time: start + last, known_time: start + last,
  })
  const bookGap = (expected: number, got: number) => ({
    kind: 'book_gap', venue: 'binance', symbol: 'BTCUSDT', market: 'spot', expected_id: expected, got_id: got, from: start, to: start + got,
    reason: 'sequence', known_time: start + got,
  })
  const snapshot = { kind: 'book_snapshot', venue: 'binance', symbol: 'BTCUSDT', market: 'spot', last_update_id: 12, depth: 5, bids: [], asks: [],
    event_time: start + 12, known_time: start + 12, source: 'rest' }

  it.each([
    ['contiguous', [diff(10, 12), snapshot, diff(13, 13), diff(14, 20)], { rows_stored: 11, rows_expected: 11, complete: true }],
    ['with a gap that was told', [diff(10, 12), bookGap(13, 16), diff(16, 20)],
      { rows_stored: 8, rows_expected: 11, missing_at_source: 3, lost: 0, complete: true }],
    ['with a gap that was not', [diff(10, 12), diff(16, 20)], { rows_stored: 8, rows_expected: 11, missing_at_source: 0, lost: 3, complete: false }],
  ])('is certified by its update ids: %s', async (_, records, expected) => {
    bench = await openBench({ type: 'ws_orderbook' })
    await bench.publish([...records, marker(records.length)])
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, {}, waits))).toMatchObject({ unit: 'updates', open: true, ...expected })
    expect(await bench.stored()).toHaveLength(records.length)
  })

  it('vouches for its own diffs where another queue has followed the book before', async () => {
    bench = await openBench({ type: 'ws_orderbook' })
    await bench.store.ensureCollection(bench.assignment.collection_name)
    await bench.store.writeBatch(bench.assignment.collection_name, [diff(1, 3), diff(4, 5), diff(90, 95)].map((d) => ({ _key: recordKey(d), ...d })))
    await bench.publish([snapshot, diff(10, 12), diff(13, 13), marker(3)])
    await say(loaderStopped())
    expect(certificateOf(await bench.run({}, {}, waits))).toMatchObject({ rows_stored: 4, rows_expected: 4, lost: 0, complete: true })
  })
})
