import { createHash } from 'node:crypto'
import { listDeadLetters, publishMessages, redriveDeadLetters } from '@streamforge/bus'
import { canonicalLine, catalog, CoverageCertificate, type DeadLetter, recordKey, StreamForgeError } from '@streamforge/contracts'
import type { SerialisedDocument, Store, WriteResult } from '@streamforge/store'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Bench, candle, candles, gap, loaderFinished, marker, minute, openBench, start, trade, trades,
} from './connector-fixture.ts'
import { groupOf } from './store-queue.ts'

let bench: Bench
afterEach(() => bench.close())

const certificateOf = (outcome: Awaited<ReturnType<Bench['run']>>) => {
  expect(outcome.error).toBeUndefined()
  return CoverageCertificate.parse(outcome.result?.certificate)
}
const damaged = (value: unknown) => JSON.stringify(value).slice(0, -9)

describe('storing a queue of candles', () => {
  it('stores every record by its key and certifies the set', async () => {
    bench = await openBench()
    const records = candles(0, 60)
    await bench.publish([...records, marker(60)])
    const outcome = await bench.run()
    expect(outcome).toMatchObject({ exitCode: 0, ended: 'finished', result: { records_written: 60, records_total: 60, duplicates: 0, dead_lettered: 0 } })
    const text = records.map((record) => `${canonicalLine(record)}\n`).join('')
    expect(certificateOf(outcome)).toMatchObject({
      queue_id: bench.assignment.queue_id, workflow_id: 'wf-a1b2c3', unit: 'candles', rows_expected: 60, rows_stored: 60, missing_at_source: 0,
      lost: 0, foreign: 0, duplicates_refused: 0, dead_lettered: 0, holes: [], hole_count: 0, complete: true,
      checksum: `sha256:${createHash('sha256').update(text).digest('hex')}`,
    })
    expect(await bench.stored()).toEqual(records.map((record) => ({ _key: recordKey(record), ...record })))
    expect(await bench.store.get('coverage', bench.assignment.queue_id)).toMatchObject({ complete: true, rows_stored: 60 })
  })

  it('takes records twice without an effect, and counts them', async () => {
    bench = await openBench()
    await bench.publish([...candles(0, 40), ...candles(30, 60), candle(59), marker(60)])
    const certificate = certificateOf(await bench.run())
    expect(certificate).toMatchObject({ rows_stored: 60, duplicates_refused: 11, complete: true })
  })

  it('shows holes that the venue has, and those that nothing explains', async () => {
    bench = await openBench()
    await bench.publish([...candles(0, 10), gap(start + 10 * minute, start + 20 * minute, 10), ...candles(20, 60), marker(50)])
    expect(certificateOf(await bench.run())).toMatchObject({
      rows_expected: 60, rows_stored: 50, missing_at_source: 10, lost: 0, complete: true,
      holes: [{ from: start + 10 * minute, to: start + 20 * minute, missing: 10, cause: 'exchange' }],
    })
    await bench.close()

    bench = await openBench()
    await bench.publish([...candles(0, 10), ...candles(20, 60), marker(50)])
    expect(certificateOf(await bench.run())).toMatchObject({ rows_stored: 50, lost: 10, hole_count: 1, complete: false })
  })

  it('certifies an empty range', async () => {
    bench = await openBench()
    await bench.publish([gap(start, start + 60 * minute, 60, { cause: 'not_listed' }), marker(0)])
    expect(certificateOf(await bench.run())).toMatchObject({ rows_expected: 60, rows_stored: 0, missing_at_source: 60, complete: true })
  })

  it('waits for the markers of all shards in all partitions', async () => {
    bench = await openBench({ partitions: 2, shards: 3 })
    const markersOf = (shard: number, home: number, records: number) => [0, 1].map((partition) =>
      marker(partition === home ? records : 0, { shard, shards: 3, partition }))
    await bench.publish([...candles(0, 20), markersOf(0, 0, 20)[0]])
    await bench.publish([...candles(20, 40), markersOf(0, 0, 20)[1], markersOf(1, 1, 20)[1]], 1)
    const running = bench.run()
    await bench.publish([...candles(40, 60), markersOf(1, 1, 20)[0], markersOf(2, 0, 20)[0]])
    await bench.publish([markersOf(2, 0, 20)[1]], 1)
    expect(certificateOf(await running)).toMatchObject({ rows_stored: 60, complete: true })
  })

  it('finishes when it starts after everything was stored', async () => {
    bench = await openBench()
    await bench.publish([...candles(0, 60), marker(60)])
    const first = certificateOf(await bench.run())
    const second = certificateOf(await bench.run({}, { attempt: 2 }))
    expect({ ...second, certified_at: 0 }).toEqual({ ...first, certified_at: 0 })
  })
})

describe('bad messages', () => {
  it('leave the others alone, and complete the set after their repair', async () => {
    bench = await openBench({ minutes: 2000 })
    const bad = new Set([13, 500, 999, 1200])
    await bench.publish([...candles(0, 2000).map((record, i) => bad.has(i) ? damaged(record) : record), 'not json at all', marker(2000)])
    const outcome = await bench.run()
    expect(certificateOf(outcome)).toMatchObject({ rows_stored: 1996, lost: 4, dead_lettered: 5, complete: false })
    expect(outcome.exitCode).toBe(0)

    const letters = await listDeadLetters(bench.bus, { sourceTopic: bench.assignment.kafka_topic })
    expect(letters.map((letter) => [letter.code, letter.group])).toEqual(Array(5).fill(['BAD_MESSAGE', groupOf(bench.assignment.queue_id)]))
    await redriveDeadLetters(bench.bus, letters.flatMap((letter): DeadLetter[] => {
      const index = Number(letter.source_offset)
      return [{ ...letter, value: JSON.stringify(candle(bad.has(index) ? index : 0)) }]
    }))
    expect(certificateOf(await bench.run({}, { attempt: 2 }))).toMatchObject({ rows_stored: 2000, lost: 0, dead_lettered: 0, complete: true })
  })

  it.each([
    ['another symbol', candle(60, { symbol: 'ETHUSDT' })],
    ['another interval', candle(60, { interval: '5m' })],
    ['another venue', candle(60, { venue: 'coinbase' })],
    ['a time outside of the range', candle(60)],
    ['a time off the grid', candle(5, { open_time: start + 5 * minute + 1 })],
    ['another kind', trade(5)],
    ["another queue's marker", marker(3, { queue_id: 'wf-other-000000' })],
    ['a marker of another plan', marker(3, { shard: 1, shards: 2 })],
    ["another queue's gap", gap(start, start + minute, 1, { queue_id: 'wf-other-000000' })],
  ])('are those of %s too', async (_, message) => {
    bench = await openBench()
    await bench.publish([...candles(0, 60), message, marker(60)])
    expect(certificateOf(await bench.run())).toMatchObject({ rows_stored: 60, dead_lettered: 1, complete: false })
    expect((await listDeadLetters(bench.bus))[0]).toMatchObject({ code: 'BAD_MESSAGE', source_offset: '60' })
  })

  it('may be the end-of-stream marker itself: the loader has finished, so the end is known', async () => {
    bench = await openBench()
    await bench.publish([...candles(0, 60), damaged(marker(60))])
    await publishMessages(bench.bus, catalog['queue-events'], [loaderFinished()])
    expect(certificateOf(await bench.run())).toMatchObject({ rows_stored: 60, dead_lettered: 1, complete: false })
  })

  it('are also what the store refuses', async () => {
    bench = await openBench()
    await bench.publish([...candles(0, 60), marker(60)])
    const poison = recordKey(candle(7))
    const picky = storeWith(async (documents, write) => {
      const result = await write(documents.filter((document) => document._key !== poison))
      return { ...result, rejected: documents.some((document) => document._key === poison) ? [{ key: poison, reason: 'poison' }] : [] }
    })
    expect(certificateOf(await bench.run({ store: picky }))).toMatchObject({ rows_stored: 59, dead_lettered: 1, lost: 1, complete: false })
    expect((await listDeadLetters(bench.bus))[0]).toMatchObject({ code: 'STORE_REJECTED', source_offset: '7' })
  })
})

describe('a store that fails', () => {
  const nothingIsLost = async () => {
    expect(await listDeadLetters(bench.bus)).toEqual([])
    expect(certificateOf(await bench.run({}, { attempt: 2 }))).toMatchObject({ rows_stored: 60, complete: true })
  }

  it('is tried again while it is away', async () => {
    bench = await openBench()
    await bench.publish([...candles(0, 60), marker(60)])
    let failures = 2
    const away = storeWith((documents, write) => failures-- > 0
      ? Promise.reject(new StreamForgeError('STORE_UNAVAILABLE', 'away')) : write(documents))
    expect(certificateOf(await bench.run({ store: away }))).toMatchObject({ rows_stored: 60, complete: true })
    expect(failures).toBeLessThan(0)
  })

  it.each([
    ['a bug', () => Promise.reject(new TypeError('not a function')), { exitCode: 1, error: { code: 'INTERNAL', message: 'not a function' } }],
    ['a collection that is gone', () => Promise.reject(new StreamForgeError('COLLECTION_NOT_FOUND', 'gone')), { exitCode: 2 }],
    ['refusing everything', async (documents: readonly SerialisedDocument[]) => ({
      created: 0, updated: 0, unchanged: 0, rejected: documents.map(({ _key }) => ({ key: _key, reason: 'read only' })),
    }), { exitCode: 2, error: { code: 'STORE_REJECTED' } }],
  ])('ends the work without a dead letter for %s', async (_, write, expected) => {
    bench = await openBench()
    await bench.publish([...candles(0, 60), marker(60)])
    expect(await bench.run({ store: storeWith(write) })).toMatchObject({ ended: 'failed', ...expected })
    await nothingIsLost()
  })
})

describe('counts that do not agree', () => {
  it('read the topic from its start again when the store has too few', async () => {
    bench = await openBench()
    await bench.publish([...candles(0, 60), marker(60)])
    await bench.run()
    await bench.store.deleteKeys(bench.assignment.collection_name, [recordKey(candle(5)), recordKey(candle(30))])
    expect(await bench.run({}, { attempt: 2 })).toMatchObject({ exitCode: 1, error: { code: 'RECONCILIATION_MISMATCH', retryable: true } })
    expect(certificateOf(await bench.run({}, { attempt: 3 }))).toMatchObject({ rows_stored: 60, complete: true })
  })

  it('do the same when the markers are gone with the store', async () => {
    bench = await openBench()
    await bench.publish([...candles(0, 60), marker(60)])
    await publishMessages(bench.bus, catalog['queue-events'], [loaderFinished()])
    await bench.run()
    for (const name of ['stream_markers', bench.assignment.collection_name]) await bench.store.dropCollection(name)
    expect(await bench.run({}, { attempt: 2 })).toMatchObject({ exitCode: 1, error: { code: 'RECONCILIATION_MISMATCH' } })
    expect(certificateOf(await bench.run({}, { attempt: 3 }))).toMatchObject({ rows_stored: 60, complete: true })
  })

  it('are refused when the store has too many', async () => {
    bench = await openBench()
    await bench.publish([...candles(0, 50), marker(49)])
    expect((await bench.run()).error?.message).toContain('1 too many')
  })
})

describe('storing a queue of trades', () => {
  it('proves the set by its ids', async () => {
    bench = await openBench({ type: 'api_trades' })
    await bench.publish([...trades(100, 300), marker(200, { first_trade_id: 100, last_trade_id: 299 })])
    expect(certificateOf(await bench.run())).toMatchObject({
      unit: 'trades', rows_expected: 200, rows_stored: 200, first_trade_id: 100, last_trade_id: 299, complete: true,
    })
  })

  it('shows missing ids as lost, or as the gap that the loader found', async () => {
    bench = await openBench({ type: 'api_trades', shards: 2 })
    const gapOfTrades = gap(trade(149).event_time, trade(160).event_time, 10, { type: 'api_trades' })
    await bench.publish([
      ...trades(100, 150), gapOfTrades, ...trades(160, 200), marker(90, { shards: 2, first_trade_id: 100, last_trade_id: 199 }),
      ...trades(205, 300), marker(95, { shard: 1, shards: 2, first_trade_id: 200, last_trade_id: 299 }),
    ])
    expect(certificateOf(await bench.run())).toMatchObject({
      rows_expected: 200, rows_stored: 185, missing_at_source: 10, lost: 5, hole_count: 2, complete: false,
    })
  })

  it('certifies a range without trades, whatever else the collection holds', async () => {
    bench = await openBench({ type: 'api_trades' })
    await bench.publish([marker(0)])
    await bench.store.ensureCollection(bench.assignment.collection_name)
    await bench.store.writeBatch(bench.assignment.collection_name, [{ _key: recordKey(trade(5)), ...trade(5) }])
    expect(certificateOf(await bench.run())).toMatchObject({ rows_expected: 0, rows_stored: 0, foreign: 0, complete: true })
  })
})

describe('a replay', () => {
  it('reads the topic of the queue that it repeats from its start, and comes to the same', async () => {
    bench = await openBench({ partitions: 2 })
    await bench.publish([...candles(0, 20), gap(start + 20 * minute, start + 22 * minute, 2), marker(20)], 0)
    await bench.publish([...candles(22, 60), marker(38, { partition: 1 })], 1)
    const original = certificateOf(await bench.run())
    const { queue_id } = bench.assignment
    const own = { queue_id: 'wf-btcusdt-api_candles_1m-20240801-0f0f0f', workflow_id: 'wf-0f0f0f', topic_of: queue_id, collection_name: 'replay_0f0f0f_btcusdt' }
    const replay = certificateOf(await bench.run({}, own))
    expect(replay).toMatchObject({ queue_id: own.queue_id, workflow_id: own.workflow_id, rows_stored: 58, missing_at_source: 2, complete: true, checksum: original.checksum, duplicates_refused: 0 })
    expect(await bench.store.count(own.collection_name)).toBe(58)
    expect(await bench.store.get('coverage', queue_id)).toMatchObject({ queue_id, checksum: original.checksum })
  })
})

describe('a connector that is interrupted', () => {
  it('goes on where it was, and the set is whole', async () => {
    bench = await openBench({ minutes: 3000 })
    await bench.publish(candles(0, 1500))
    const stopping = new Promise<void>((stopped) => {
      void bench.run({ onStop: (stop) => {
        void whenStored(1).then(() => stop({ kind: 'terminated', signal: 'SIGTERM' }))
        return () => undefined
      } }).then((outcome) => {
        expect(outcome).toMatchObject({ exitCode: 143, ended: 'terminated' })
        stopped()
      })
    })
    await stopping
    await bench.publish([...candles(1500, 3000), marker(3000)])
    expect(certificateOf(await bench.run({}, { attempt: 2 }))).toMatchObject({ rows_stored: 3000, complete: true })
  })

  it('may run twice at once', async () => {
    bench = await openBench({ partitions: 2, shards: 2, minutes: 2000 })
    const other = await openBenchOn(bench)
    const running = [bench.run(), other.run({}, { attempt: 2 })]
    await bench.publish([...candles(0, 1000), marker(1000, { shards: 2 })])
    await bench.publish([...candles(1000, 2000), marker(0, { shards: 2, partition: 1 }), marker(1000, { shard: 1, shards: 2, partition: 1 })], 1)
    await bench.publish([marker(0, { shard: 1, shards: 2 })])
    for (const outcome of await Promise.all(running)) expect(certificateOf(outcome)).toMatchObject({ rows_stored: 2000, complete: true })
    await other.close()
  })

  /** Resolves once the collection holds so many documents. */
  async function whenStored(count: number): Promise<void> {
    while (await bench.store.count(bench.assignment.collection_name).catch(() => 0) < count) await new Promise(setImmediate)
  }
})

type Write = (documents: readonly SerialisedDocument[]) => Promise<WriteResult>

/** The bench's store with another way of writing records. */
function storeWith(change: (documents: readonly SerialisedDocument[], write: Write) => Promise<WriteResult>): Store {
  return new Proxy(bench.store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (name !== 'writeSerialised') return typeof value === 'function' ? value.bind(target) : value
      return (collection: string, documents: readonly SerialisedDocument[]) =>
        change(documents, (given) => target.writeSerialised(collection, given))
    },
  })
}

/** Another process's handles on the same bus and store. */
async function openBenchOn({ directory, assignment, run, ...rest }: Bench) {
  const { connectBus } = await import('@streamforge/bus')
  const { connectStore } = await import('@streamforge/store')
  const bus = await connectBus({ kind: 'embedded', directory: `${directory}/bus` })
  const store = await connectStore({ kind: 'embedded', file: `${directory}/store.db` })
  return {
    ...rest, run: (runtime: Parameters<Bench['run']>[0], changes: Parameters<Bench['run']>[1]) => run({ ...runtime, bus, store }, { ...assignment, ...changes }),
    close: async () => {
      await bus.close()
      await store.close()
    },
  }
}
