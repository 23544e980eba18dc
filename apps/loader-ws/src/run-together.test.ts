import { describe, expect, it } from 'vitest'
import type { Assignment } from '@streamforge/contracts'
import { liveVenueNamed, venueNamed } from '@streamforge/market'
import { abortableDelay } from '@streamforge/service'
import { startFakeExchange, tradeFrame } from './fake-exchange.ts'
import { fakeTopic, tradeIds, until } from './live-scenario.ts'
import { runTogether } from './run-together.ts'

const assignment = (symbol: string): Assignment => ({
  queue_id: `wf-${symbol.toLowerCase()}-ws_trades-20240801-a1b2c3`, target: 'loader-producer', venue: 'binance', symbol, type: 'ws_trades',
  time_range: '2024-08-01:', kafka_topic: `t-${symbol}`, collection_name: 'x', telemetry_id: 'loader-producer__a1b2c3', attempt: 1, shards: [], checkpoint: [],
})

describe('runTogether', () => {
  it('connects once for all workers, when the last has come; each writes to its own bus and ends alone', async () => {
    const exchange = await startFakeExchange()
    const log = { info: () => undefined, warn: () => undefined }
    const together = runTogether(3)
    let opened = 0
    const closed = Promise.withResolvers<void>()
    const open = () => {
      opened++
      const client = venueNamed('binance').open({ urls: { rest: exchange.rest }, weightLimit: 0 })
      const sleep = async (ms: number, signal: AbortSignal) => {
        await abortableDelay(ms, signal)
        signal.throwIfAborted()
      }
      return {
        options: { venue: liveVenueNamed('binance'), client, log, now: Date.now, random: () => 0, sleep, feed: { url: exchange.ws } },
        close: () => client.close().then(closed.resolve),
      }
    }
    const workers = ['BTCUSDT', 'ETHUSDT'].map((symbol) => {
      const topic = fakeTopic()
      const stop = new AbortController()
      const result = together.join({ assignment: assignment(symbol), bus: topic.bus, log, progress: () => undefined, signal: stop.signal, endsWithMarkers: () => true }, open)
      return { topic, stop, result }
    })
    expect(exchange.connections.size).toBe(0)
    together.leave()
    await exchange.subscribed('ethusdt@aggTrade')
    exchange.send('btcusdt@aggTrade', tradeFrame(1))
    exchange.send('ethusdt@aggTrade', tradeFrame(7, 'ETHUSDT'))
    await until(workers[0]!.topic, (messages) => messages.length === 1)
    workers[0]!.stop.abort()
    expect(await workers[0]!.result).toMatchObject({ records_written: 1 })
    exchange.send('ethusdt@aggTrade', tradeFrame(8, 'ETHUSDT'))
    await until(workers[1]!.topic, (messages) => messages.length === 2)
    workers[1]!.stop.abort()
    await workers[1]!.result
    await closed.promise
    expect([tradeIds(workers[0]!.topic), tradeIds(workers[1]!.topic)]).toEqual([[1], [7, 8]])
    expect([opened, new Set(exchange.subscriptions.map((s) => s.connection)).size]).toEqual([1, 1])
    await exchange.close()
  })
})
