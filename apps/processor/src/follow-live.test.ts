import type { FeatureRow } from '@streamforge/contracts'
import type { StopCause } from '@streamforge/service'
import { afterEach, describe, expect, it } from 'vitest'
import { collectionOf, from, input, makeMarket, minute, openStage, rowsOf, type Stage } from './processor-fixture.ts'

let stage: Stage
afterEach(() => stage.close())

const symbol = 'AAAUSDT'
const candleTopic = `wf-aaausdt-ws_candles_1m-data`
const tradeTopic = `wf-aaausdt-ws_trades-data`
const candles = collectionOf(symbol, 'ws_candles_1m')
const trades = collectionOf(symbol, 'ws_trades')
const liveInputs = [input(symbol, 'ws_candles_1m'), input(symbol, 'ws_trades')]
const rowsUpTo = (count: number) => expect.poll(async () => (await distinct()).length, { interval: 10, timeout: 20_000 }).toBe(count)

/** Each bar's row; no bar has two different ones. */
async function distinct(): Promise<FeatureRow[]> {
  const made = new Map<number, FeatureRow>()
  for (const row of (await stage.published()).rows) {
    expect(made.get(row.open_time) ?? row).toEqual(row)
    made.set(row.open_time, row)
  }
  return [...made.values()].sort((a, b) => a.open_time - b.open_time)
}

/** A worker that runs until `stop` is called. */
function start(options: Parameters<Stage['run']>[0] = {}) {
  const stopper = Promise.withResolvers<(cause: StopCause) => void>()
  const running = stage.run({ ...options, onStop: (stop) => { stopper.resolve(stop); return () => undefined } })
  return {
    running,
    end: async (cause: StopCause = { kind: 'stopped', reason: 'enough' }) => {
      (await stopper.promise)(cause)
      return running
    },
  }
}

describe('live data', () => {
  it('goes on where the store ends, without a bar twice or a hole, over restarts', async () => {
    const bars = 200
    const market = makeMarket(symbol, bars)
    stage = await openStage({ type: 'forecast_1m' })
    await stage.plan({ symbols: [symbol], inputs: liveInputs, live: true })
    // The connector has stored the first part; the topics have more, and some of what is stored.
    await stage.keep(candles, market.candles.slice(0, 60))
    await stage.keep(trades, market.trades.slice(0, 170))
    await stage.send(candleTopic, market.candles.slice(20, 80))
    await stage.send(tradeTopic, market.trades.slice(100, 240))
    let worker = start({ attempt: 1 })
    await rowsUpTo(79)
    const closed = await worker.end({ kind: 'terminated', signal: 'SIGTERM' })
    expect(closed).toMatchObject({ ended: 'terminated' })
    for (let attempt = 2; attempt < 6; attempt++) {
      const until = 80 + (attempt - 1) * 30
      // Whichever comes first.
      if (attempt % 2 === 0) await stage.send(tradeTopic, market.trades.slice((until - 30) * 3, until * 3))
      worker = start({ attempt })
      await stage.send(candleTopic, market.candles.slice(until - 30, until))
      if (attempt % 2 === 1) await stage.send(tradeTopic, market.trades.slice((until - 30) * 3, until * 3))
      await rowsUpTo(until - 1)
      await worker.end({ kind: 'terminated', signal: 'SIGTERM' })
    }
    worker = start({ attempt: 6 })
    // A stop closes what waits.
    expect(await worker.end()).toMatchObject({ ended: 'stopped' })
    expect(await distinct()).toEqual(rowsOf(symbol, market, from + bars * minute, { trades: true }))
  })

  it('waits for trades no longer than it may, and counts those that come later', async () => {
    const market = makeMarket(symbol, 10)
    stage = await openStage({ type: 'features_1m' })
    await stage.plan({ symbols: [symbol], inputs: liveInputs, live: true })
    await stage.send(tradeTopic, [])
    await stage.send(candleTopic, [])
    const counted = { rows: 0, late: 0 }
    const worker = start({ latenessMs: 20, onCounts: ({ rows, late }) => { counted.rows += rows; counted.late += late } })
    await stage.send(candleTopic, market.candles.slice(0, 4))
    await rowsUpTo(4)
    const before = await distinct()
    await stage.send(tradeTopic, market.trades)
    await expect.poll(() => counted.late, { interval: 5, timeout: 20_000 }).toBe(12)
    await stage.send(candleTopic, market.candles.slice(4, 6))
    await rowsUpTo(6)
    const after = await distinct()
    expect(after.slice(0, 4)).toEqual(before)
    expect(after.slice(4)).toEqual(rowsOf(symbol, market, from + 10 * minute, { trades: true }).slice(4, 6))
    expect(counted).toEqual({ rows: 6, late: 12 })
    await worker.end()
  })

  it('goes on from the state that the features stage ended with', async () => {
    const bars = 120
    const market = makeMarket(symbol, bars)
    stage = await openStage({ type: 'forecast_1m' })
    const history = `wf-all-features_1m-20250101-a1b2c3`
    const features = { ...input('ALL', 'features_1m', { to: from + 70 * minute }), queue_id: history }
    await stage.keep(candles, market.candles.slice(0, 70))
    await stage.keep(trades, market.trades.slice(0, 210))
    await stage.plan({ symbols: [symbol], inputs: [input(symbol, 'api_candles_1m', { to: from + 70 * minute }), input(symbol, 'api_trades', { to: from + 70 * minute })], to: from + 70 * minute })
    // The stage before, under its own name.
    expect(await stage.run()).toMatchObject({ exitCode: 0, result: { records_written: 70 } })
    const [saved] = await stage.store.find('feature_state')
    await stage.store.writeBatch('feature_state', [{ ...saved!, _key: `${history}:${symbol}`, queue_id: history }])
    await stage.store.deleteKeys('feature_state', [saved!._key])
    await stage.plan({ symbols: [symbol], inputs: [...liveInputs, features], live: true })
    await stage.send(candleTopic, market.candles)
    await stage.send(tradeTopic, market.trades)
    const worker = start()
    await rowsUpTo(bars - 1)
    const outcome = await worker.end()
    expect(outcome.ended).toBe('stopped')
    const { rows } = await stage.published()
    // Bars of history are not made again, and those that follow know them.
    expect(rows.filter((row) => row.open_time < from + 70 * minute)).toHaveLength(70)
    expect(await distinct()).toEqual(rowsOf(symbol, market, from + bars * minute, { trades: true }))
  })

  it('ends when another attempt has taken over', async () => {
    const market = makeMarket(symbol, 20)
    stage = await openStage()
    await stage.plan({ symbols: [symbol], inputs: [liveInputs[0]!], live: true })
    await stage.send(candleTopic, market.candles.slice(0, 10))
    const older = start({ attempt: 1 })
    await rowsUpTo(10)
    const newer = start({ attempt: 2 })
    await expect.poll(async () => (await stage.store.find<{ _key: string; attempt: number }>('feature_state'))[0]?.attempt, { interval: 5, timeout: 20_000 }).toBe(2)
    await stage.send(candleTopic, market.candles.slice(10))
    // Whichever of the two is given the records, only the newer one makes rows of them.
    await rowsUpTo(20)
    const ended = await older.end()
    if (ended.ended !== 'stopped') expect(ended).toMatchObject({ ended: 'failed', error: { code: 'STORE_CONFLICT' } })
    await newer.end()
    expect(await distinct()).toHaveLength(20)
  })
})
