import { StreamForgeError, type FeatureRow } from '@streamforge/contracts'
import { seededRandom } from '@streamforge/market'
import { afterEach, describe, expect, it } from 'vitest'
import { collectionOf, from, input, makeMarket, minute, openStage, rowsOf, type Market, type Stage } from './processor-fixture.ts'

let stage: Stage
afterEach(() => stage.close())

const bars = 120
const to = from + bars * minute
const symbols = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT']
const markets = new Map(symbols.map((symbol) => [symbol, makeMarket(symbol, bars)]))
const market = (symbol: string): Market => markets.get(symbol)!
const inputsOf = (symbol: string, types: readonly ('api_candles_1m' | 'api_trades')[] = ['api_candles_1m', 'api_trades']) => types.map((type) => input(symbol, type, { to }))
const bySymbol = (rows: readonly FeatureRow[], symbol: string) => rows.filter((row) => row.symbol === symbol)

async function keepAll(which = symbols): Promise<void> {
  for (const symbol of which) {
    await stage.keep(collectionOf(symbol, 'api_candles_1m'), market(symbol).candles)
    await stage.keep(collectionOf(symbol, 'api_trades'), market(symbol).trades)
  }
}

describe('history', () => {
  it('becomes the rows that one go over all records makes, and markers that count them', async () => {
    stage = await openStage({ partitions: 2 })
    await keepAll()
    await stage.plan({ symbols, to, inputs: symbols.flatMap((symbol) => inputsOf(symbol)) })
    const outcome = await stage.run()
    expect(outcome).toMatchObject({ exitCode: 0, ended: 'finished', result: { records_written: 360, records_total: 360, metrics: { late_records: 0 } } })
    const { rows, markers, partitions } = await stage.published()
    for (const symbol of symbols) expect(bySymbol(rows, symbol)).toEqual(rowsOf(symbol, market(symbol), to, { trades: true }))
    expect(Object.fromEntries(partitions)).toEqual({ AAAUSDT: 0, BBBUSDT: 1, CCCUSDT: 0 })
    expect(markers.map(({ partition, records, shards }) => [partition, records, shards])).toEqual([[0, 240, 1], [1, 120, 1]])
    // Once more: nothing is left to do, and the markers say the same.
    expect(await stage.run({ attempt: 2 })).toMatchObject({ exitCode: 0, result: { records_written: 360 } })
    const again = await stage.published()
    expect(again.markers.filter((marker) => marker.attempt === 2).map(({ records }) => records)).toEqual([240, 120])
    expect(again.rows.length).toBeLessThanOrEqual(2 * 360)
  })

  it('reads quotes, and of trades only those that the certificate vouches for', async () => {
    stage = await openStage()
    const { candles, trades, quotes } = market('AAAUSDT')
    await stage.keep('aaausdt_api_candles_1m', candles)
    // Of another range, in the same collection.
    const foreign = trades.map((trade) => ({ ...trade, trade_id: trade.trade_id + 10_000 }))
    await stage.keep('aaausdt_api_trades', [...trades, ...foreign])
    await stage.keep('aaausdt_api_orderbook', quotes)
    const [, of] = inputsOf('AAAUSDT')
    await stage.store.ensureCollection('coverage')
    await stage.store.writeBatch('coverage', [{ _key: of!.queue_id, first_trade_id: 500, last_trade_id: trades.at(-1)!.trade_id }])
    const book = { ...input('AAAUSDT', 'ws_orderbook', { to }), collection_name: 'aaausdt_api_orderbook' }
    await stage.plan({ symbols: ['AAAUSDT'], to, inputs: [...inputsOf('AAAUSDT'), book] })
    expect(await stage.run()).toMatchObject({ exitCode: 0 })
    const { rows } = await stage.published()
    // The last quote of the book lies within the last bar: its rows may wait for the stage that follows it.
    const expected = rowsOf('AAAUSDT', market('AAAUSDT'), to, { trades: true, quotes: true })
    expect(rows).toEqual(expected.slice(0, rows.length))
    expect(rows.length).toBeGreaterThanOrEqual(bars - 2)
  })

  it('goes on after a crash at any step, and no bar gets another row', async () => {
    stage = await openStage({ partitions: 2 })
    const many = 900
    const end = from + many * minute
    const two = symbols.slice(0, 2).map((symbol) => ({ symbol, market: makeMarket(symbol, many) }))
    for (const { symbol, market } of two) {
      await stage.keep(collectionOf(symbol, 'api_candles_1m'), market.candles)
      await stage.keep(collectionOf(symbol, 'api_trades'), market.trades)
    }
    await stage.plan({ symbols: two.map(({ symbol }) => symbol), to: end, inputs: two.flatMap(({ symbol }) => inputsOf(symbol)) })
    const random = seededRandom('crashes')
    let attempt = 0
    let finished = false
    while (!finished && attempt < 100) {
      attempt++
      const outcome = await stage.run({ attempt, savedRows: 100, ...dieAt(stage, 1 + Math.floor(random() * 14), random() < 0.5) })
      finished = outcome.ended === 'finished'
      if (!finished) expect(outcome.error).toMatchObject({ code: 'UNAVAILABLE', message: 'dead' })
    }
    expect(finished).toBe(true)
    expect(attempt).toBeGreaterThan(3)
    const { rows, markers } = await stage.published()
    for (const { symbol, market } of two) {
      const made = new Map<number, FeatureRow>()
      for (const row of bySymbol(rows, symbol)) {
        expect(made.get(row.open_time) ?? row).toEqual(row)
        made.set(row.open_time, row)
      }
      expect([...made.values()]).toEqual(rowsOf(symbol, market, end, { trades: true }))
    }
    expect(markers.filter((marker) => marker.attempt === attempt).map(({ records }) => records)).toEqual([many, many])
  })

  it('is not made twice at once: the older attempt gives way', async () => {
    stage = await openStage()
    await keepAll(['AAAUSDT'])
    await stage.plan({ symbols: ['AAAUSDT'], to, inputs: inputsOf('AAAUSDT') })
    expect(await stage.run({ attempt: 2 })).toMatchObject({ exitCode: 0 })
    expect(await stage.run({ attempt: 1 })).toMatchObject({ ended: 'failed', error: { code: 'STORE_CONFLICT' } })
  })
})

describe('bad input', () => {
  const failure = async () => {
    const outcome = await stage.run()
    expect(outcome.ended).toBe('failed')
    return { code: outcome.error!.code, message: outcome.error!.message }
  }

  it('a stage that nobody has specified', async () => {
    stage = await openStage()
    expect(await failure()).toMatchObject({ code: 'STAGE_INPUT_MISSING' })
  })

  it('a symbol without candles of the interval among the inputs', async () => {
    stage = await openStage()
    await stage.plan({ symbols: ['AAAUSDT'], to, inputs: [input('AAAUSDT', 'api_candles_5m', { to }), input('AAAUSDT', 'api_trades', { to })] })
    expect(await failure()).toMatchObject({ code: 'STAGE_INPUT_MISSING', message: expect.stringContaining('AAAUSDT') as string })
  })

  it('a symbol of which nothing is stored', async () => {
    stage = await openStage()
    await keepAll(['AAAUSDT'])
    await stage.plan({ symbols: ['AAAUSDT', 'BBBUSDT'], to, inputs: ['AAAUSDT', 'BBBUSDT'].flatMap((symbol) => inputsOf(symbol)) })
    expect(await failure()).toMatchObject({ code: 'NO_DATA', message: expect.stringMatching(/BBBUSDT$/) as string })
  })

  it('few bars make rows without what needs more of them', async () => {
    stage = await openStage()
    await stage.keep('aaausdt_api_candles_1m', market('AAAUSDT').candles.slice(0, 3))
    await stage.plan({ symbols: ['AAAUSDT'], to, inputs: inputsOf('AAAUSDT', ['api_candles_1m']) })
    expect(await stage.run()).toMatchObject({ exitCode: 0, result: { records_written: 3 } })
    expect((await stage.published()).rows[2]!.values.slice(0, 3)).toEqual([expect.any(Number), null, null])
  })
})

/** A bus and a store that fail from the `count`-th write on, as for a process that dies there; with `after`, that one still happens. */
function dieAt({ bus, store, assignment }: Stage, count: number, after: boolean): Pick<Stage, 'bus' | 'store'> {
  let steps = 0
  const step = async <T>(write: () => Promise<T>): Promise<T> => {
    steps++
    if (steps === count && after) await write()
    if (steps >= count) throw new StreamForgeError('UNAVAILABLE', 'dead')
    return write()
  }
  return {
    bus: overriding(bus, { publish: (topic, messages) => (topic === assignment.kafka_topic ? step(() => bus.publish(topic, messages)) : bus.publish(topic, messages)) }),
    store: overriding(store, { compareAndSet: (...given) => step(() => store.compareAndSet(...given)) }),
  }
}

/** An adapter with some of its methods replaced. */
function overriding<T extends object>(adapter: T, methods: Partial<T>): T {
  return new Proxy(adapter, { get: (target, key) => {
    if (key in methods) return methods[key as keyof T]
    const value: unknown = Reflect.get(target, key, target)
    return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value
  } })
}
