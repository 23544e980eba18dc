import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { klineFrame, MINUTE, START, startFakeExchange, tradeFrame, type FakeExchange } from './fake-exchange.ts'
import { fakeTopic, ofKind, runScenario, runScenarios, tradeIds, until } from './live-scenario.ts'

const STREAM = 'btcusdt@aggTrade'
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

let exchange: FakeExchange
beforeEach(async () => { exchange = await startFakeExchange() })
afterEach(() => exchange.close())

/** Trades happen; the stream tells those that are not left out. */
function trade(from: number, to: number, except: readonly number[] = [], symbol = 'BTCUSDT') {
  exchange.endId = Math.max(exchange.endId, to)
  for (const id of range(from, to)) if (!except.includes(id)) exchange.send(`${symbol.toLowerCase()}@aggTrade`, tradeFrame(id, symbol))
}

describe('live trades', () => {
  it('come in order, and end with markers in every partition and a checkpoint that says so', async () => {
    const topic = fakeTopic(3)
    const run = runScenario({ exchange, topic })
    await exchange.subscribed(STREAM)
    trade(500, 520)
    await until(topic, () => tradeIds(topic).length === 20)
    run.stop()
    const result = await run.result
    expect(tradeIds(topic)).toEqual(range(500, 520))
    expect(ofKind(topic, 'trade')[0]).toMatchObject({ backfilled: false, symbol: 'BTCUSDT', price: 162.5, buyer_maker: true })
    expect(ofKind(topic, 'end_of_stream')).toMatchObject([
      { partition: 0, records: 20, first_trade_id: 500, last_trade_id: 519 }, { partition: 1, records: 0 }, { partition: 2, records: 0 },
    ])
    expect(result.checkpoint).toEqual([{ shard: 0, position: 520, records: 20, first_trade_id: 500, done: true }])
  })

  it('are fetched over REST where the stream skips some, marked as backfilled, and told', async () => {
    const topic = fakeTopic()
    const run = runScenario({ exchange, topic })
    await exchange.subscribed(STREAM)
    trade(10, 40, [20, 21, 22, 30])
    await until(topic, () => tradeIds(topic).length === 30)
    run.stop()
    await run.result
    expect(tradeIds(topic)).toEqual(range(10, 40))
    expect(ofKind(topic, 'trade').filter((t) => t.backfilled).map((t) => t.trade_id)).toEqual([20, 21, 22, 30])
    expect(run.messages()).toContain('4 refilled')
  })

  it('do not ask REST for trades that are only late', async () => {
    const topic = fakeTopic()
    const run = runScenario({ exchange, topic, pace: { reorderMs: 2_000 } })
    await exchange.subscribed(STREAM)
    exchange.endId = 6
    for (const id of [1, 2, 4, 5, 5, 3]) exchange.send(STREAM, tradeFrame(id))
    await until(topic, () => tradeIds(topic).length === 5)
    run.stop()
    await run.result
    expect(tradeIds(topic)).toEqual([1, 2, 3, 4, 5])
    expect(exchange.requests.filter((path) => path.includes('fromId'))).toEqual([])
  })

  it('become a gap where the venue does not have them either', async () => {
    const topic = fakeTopic()
    exchange.missing.add(21).add(22)
    const run = runScenario({ exchange, topic })
    await exchange.subscribed(STREAM)
    trade(20, 25, [21, 22])
    await until(topic, () => tradeIds(topic).length === 3)
    run.stop()
    await run.result
    expect(topic.messages.map((m) => m.kind)).toEqual(['trade', 'gap', 'trade', 'trade', 'end_of_stream'])
    expect(ofKind(topic, 'gap')).toMatchObject([{ missing: 2, cause: 'exchange', from: START + 2_000, to: START + 2_300 }])
    expect(exchange.requests.filter((path) => path.includes('fromId=21')).length).toBe(3)
  })

  it('go on from the checkpoint after an outage, even before the stream says anything', async () => {
    const topic = fakeTopic()
    exchange.firstId = 1
    exchange.endId = 3_500
    const run = runScenario({ exchange, topic, checkpoint: [{ shard: 0, position: 101, records: 100, first_trade_id: 1, done: false }] })
    await until(topic, () => tradeIds(topic).length === 3_399)
    trade(3_500, 3_510)
    await until(topic, () => tradeIds(topic).at(-1) === 3_509)
    run.stop()
    const result = await run.result
    expect(tradeIds(topic)).toEqual(range(101, 3_510))
    expect(result.checkpoint).toMatchObject([{ position: 3_510, records: 3_509, first_trade_id: 1 }])
  })

  it('go on from what is on the topic when the attempt before died without a checkpoint', async () => {
    const topic = fakeTopic()
    const first = runScenario({ exchange, topic })
    await exchange.subscribed(STREAM)
    trade(10, 15)
    await until(topic, () => tradeIds(topic).length === 5)
    first.kill()
    await first.result
    exchange.endId = 30
    const second = runScenario({ exchange, topic })
    await until(topic, () => tradeIds(topic).length === 20)
    second.stop()
    expect(await second.result).toMatchObject({ records_written: 20, checkpoint: [{ position: 30, records: 20, first_trade_id: 10 }] })
    expect(tradeIds(topic)).toEqual(range(10, 30))
  })

  it('go on behind the markers when a stopped queue is tried again', async () => {
    const topic = fakeTopic()
    const first = runScenario({ exchange, topic })
    await exchange.subscribed(STREAM)
    trade(10, 15)
    await until(topic, () => tradeIds(topic).length === 5)
    first.stop()
    const { checkpoint } = await first.result
    exchange.endId = 20
    const second = runScenario({ exchange, topic, checkpoint: checkpoint! })
    await until(topic, () => tradeIds(topic).length === 10)
    second.stop()
    await second.result
    expect(tradeIds(topic)).toEqual(range(10, 20))
    expect(ofKind(topic, 'end_of_stream').map((m) => m.records)).toEqual([5, 10])
  })

  it('have their holes filled before they stop', async () => {
    const topic = fakeTopic()
    const run = runScenario({ exchange, topic, pace: { reorderMs: 60_000 } })
    await exchange.subscribed(STREAM)
    trade(10, 20, [14, 15])
    await until(topic, () => tradeIds(topic).length === 4)
    run.stop()
    const result = await run.result
    expect(tradeIds(topic)).toEqual(range(10, 20))
    expect(ofKind(topic, 'gap')).toEqual([])
    expect(result).toMatchObject({ records_written: 10, checkpoint: [{ position: 20, done: true }] })
  })

  it.each([['refuses to answer', 60_000], ['does not answer in time', 30]])('name the holes that are left at a stop when the venue %s, and a retry fills them', async (how, lastRefillMs) => {
    const topic = fakeTopic()
    const run = runScenario({ exchange, topic, pace: { reorderMs: 60_000, lastRefillMs } })
    await exchange.subscribed(STREAM)
    trade(10, 20, [14, 15])
    await until(topic, () => tradeIds(topic).length === 4)
    if (how.startsWith('refuses')) exchange.down = true
    else exchange.silent = true
    run.stop()
    const { checkpoint } = await run.result
    expect(tradeIds(topic)).toEqual([...range(10, 14), ...range(16, 20)])
    expect(ofKind(topic, 'gap')).toMatchObject([{ missing: 2, cause: 'unconfirmed', from: START + 1_300, to: START + 1_600 }])
    expect(checkpoint).toMatchObject([{ position: 14, records: 8, done: true }])
    exchange.down = exchange.silent = false
    const again = runScenario({ exchange, topic, checkpoint: checkpoint! })
    await until(topic, () => tradeIds(topic).includes(15) && tradeIds(topic).filter((id) => id === 19).length === 2)
    again.stop()
    await again.result
    expect(new Set(tradeIds(topic))).toEqual(new Set(range(10, 20)))
  })

  it('leave their holes to the next attempt when somebody else goes on', async () => {
    const topic = fakeTopic()
    const run = runScenario({ exchange, topic, pace: { reorderMs: 60_000 } })
    await exchange.subscribed(STREAM)
    trade(10, 20, [14])
    await until(topic, () => tradeIds(topic).length === 4)
    run.kill()
    expect((await run.result).checkpoint).toMatchObject([{ position: 14, done: false }])
    expect(topic.messages.map((m) => m.kind)).toEqual(['trade', 'trade', 'trade', 'trade'])
  })

  it('survive a lost connection without a hole', async () => {
    const topic = fakeTopic()
    const run = runScenario({ exchange, topic })
    await exchange.subscribed(STREAM)
    trade(1, 50)
    await until(topic, () => tradeIds(topic).length === 49)
    exchange.cut()
    exchange.endId = 80
    await until(topic, () => tradeIds(topic).length === 79)
    run.stop()
    await run.result
    expect(tradeIds(topic)).toEqual(range(1, 80))
    expect(run.messages()).toContain('connection lost')
    expect(run.counts.losses).toBe(1)
  })

  it('let go of what they cannot hold while a long hole is refilled, and fetch it too', async () => {
    const topic = fakeTopic()
    const run = runScenario({ exchange, topic, pace: { heldLimit: 10, reorderMs: 50 } })
    await exchange.subscribed(STREAM)
    trade(1, 200, [5])
    await until(topic, () => tradeIds(topic).length === 199)
    run.stop()
    await run.result
    expect(tradeIds(topic)).toEqual(range(1, 200))
  })

  it('ask REST when the stream has gone quiet', async () => {
    const topic = fakeTopic()
    const run = runScenario({ exchange, topic, pace: { quietMs: 20 } })
    await exchange.subscribed(STREAM)
    trade(1, 5)
    await until(topic, () => tradeIds(topic).length === 4)
    exchange.endId = 9
    await until(topic, () => tradeIds(topic).length === 8)
    run.stop()
    await run.result
    expect(tradeIds(topic)).toEqual(range(1, 9))
  })

  it('end by themselves where their range ends', async () => {
    const topic = fakeTopic()
    const run = runScenario({ exchange, topic, range: `${START}:${START + 1_000}`, now: () => START })
    await exchange.subscribed(STREAM)
    trade(3, 15)
    const result = await run.result
    expect(tradeIds(topic)).toEqual(range(3, 10))
    expect(result.checkpoint).toMatchObject([{ position: 10, done: true }])
  })

  it('write no markers when somebody else goes on with the queue', async () => {
    const topic = fakeTopic()
    const run = runScenario({ exchange, topic })
    await exchange.subscribed(STREAM)
    trade(1, 5)
    await until(topic, () => tradeIds(topic).length === 4)
    run.kill()
    expect((await run.result).checkpoint).toMatchObject([{ position: 5, done: false }])
    expect(ofKind(topic, 'end_of_stream')).toEqual([])
  })

  it('are not hurt by frames that nobody can read', async () => {
    const topic = fakeTopic()
    const run = runScenario({ exchange, topic })
    await exchange.subscribed(STREAM)
    trade(1, 5)
    exchange.sendRaw('{"stream":"btcusdt@aggTrade","data":{"e":"aggTr')
    exchange.sendRaw(JSON.stringify({ stream: STREAM, data: { ...tradeFrame(5), p: 'abc' } }))
    exchange.endId = 6
    trade(6, 9)
    await until(topic, () => tradeIds(topic).length === 8)
    run.stop()
    await run.result
    expect(tradeIds(topic)).toEqual(range(1, 9))
    expect(run.messages()).toContain('2 unreadable frames')
    expect(run.messages()).toContain('a frame of binance could not be used')
  })
})

describe('several assignments in one process', () => {
  it('share a connection; a symbol or a stream that the venue lacks fails alone', async () => {
    const topics = [fakeTopic(), fakeTopic(), fakeTopic(), fakeTopic()]
    exchange.refused.add('ethusdt@kline_1m')
    const [good, unknown, refused, wrong] = runScenarios([
      { exchange, topic: topics[0]! }, { exchange, topic: topics[1]!, symbol: 'NOSUCHCOIN' },
      { exchange, topic: topics[2]!, symbol: 'ETHUSDT', type: 'ws_candles_1m' }, { exchange, topic: topics[3]!, type: 'api_trades' },
    ])
    await exchange.subscribed(STREAM)
    trade(1, 5)
    await until(topics[0]!, (messages) => messages.length === 4)
    good!.stop()
    expect((await good!.result).checkpoint).toMatchObject([{ position: 5 }])
    await expect(unknown!.result).rejects.toMatchObject({ code: 'UNKNOWN_SYMBOL' })
    await expect(refused!.result).rejects.toMatchObject({ code: 'VENUE_REJECTED' })
    await expect(wrong!.result).rejects.toMatchObject({ code: 'UNKNOWN_TYPE' })
    expect(new Set(exchange.subscriptions.map((s) => s.connection)).size).toBe(1)
  })
})

describe('live candles', () => {
  const stream = 'btcusdt@kline_1m'

  it('are stored when closed, shown while open, and fetched where the stream skips one', async () => {
    const topic = fakeTopic()
    exchange.candlesBefore = START + 4 * MINUTE
    exchange.serverTime = () => START + 4 * MINUTE
    const run = runScenario({ exchange, topic, type: 'ws_candles_1m', now: () => START + 4 * MINUTE })
    await exchange.subscribed(stream)
    exchange.send(stream, klineFrame(START, false))
    for (const i of [0, 1, 3]) exchange.send(stream, klineFrame(START + i * MINUTE, true))
    await until(topic, () => ofKind(topic, 'candle').length === 4)
    run.stop()
    const result = await run.result
    expect(ofKind(topic, 'candle').map((c) => [(c.open_time - START) / MINUTE, c.backfilled])).toEqual([[0, false], [1, false], [2, true], [3, false]])
    expect(ofKind(topic, 'candle_open').map((c) => c.open_time)).toContain(START)
    expect(result).toMatchObject({ records_written: 4, checkpoint: [{ position: START + 4 * MINUTE, records: 4 }] })
  })

  it('are missed as soon as a later one is open', async () => {
    const topic = fakeTopic()
    exchange.candlesBefore = START + 2 * MINUTE
    const run = runScenario({ exchange, topic, type: 'ws_candles_1m', now: () => START + MINUTE })
    await exchange.subscribed(stream)
    exchange.send(stream, klineFrame(START, true))
    exchange.send(stream, klineFrame(START + 2 * MINUTE, false))
    await until(topic, () => ofKind(topic, 'candle').length === 2)
    run.stop()
    await run.result
    expect(ofKind(topic, 'candle')[1]).toMatchObject({ open_time: START + MINUTE, backfilled: true })
  })

  it('become a gap where the venue has none', async () => {
    const topic = fakeTopic()
    exchange.candlesBefore = START + 5 * MINUTE
    exchange.missingCandles.add(START + MINUTE).add(START + 2 * MINUTE)
    exchange.serverTime = () => START + 4 * MINUTE
    const run = runScenario({ exchange, topic, type: 'ws_candles_1m', now: () => START + 4 * MINUTE })
    await exchange.subscribed(stream)
    for (const i of [0, 3]) exchange.send(stream, klineFrame(START + i * MINUTE, true))
    await until(topic, () => ofKind(topic, 'candle').length === 2)
    run.stop()
    await run.result
    expect(ofKind(topic, 'gap')).toMatchObject([{ from: START + MINUTE, to: START + 3 * MINUTE, missing: 2 }])
  })
})
