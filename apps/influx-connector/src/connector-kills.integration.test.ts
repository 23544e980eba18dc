import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { publishMessages } from '@streamforge/bus'
import { catalog } from '@streamforge/contracts'
import { nodeCommand } from '@streamforge/launcher'
import { influxdbAvailable, influxdbVersion, startInfluxdb, type InfluxdbServer } from '@streamforge/servers'
import { connectTimeSeries, type TimeSeries } from '@streamforge/timeseries'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { candle, candles, feature, minute, openBench, quote, sentiment, start, type Bench } from './connector-fixture.ts'
import { groupOf } from './follow-queues.ts'

let bench: Bench
let connector: ChildProcess | undefined
beforeEach(async () => { bench = await openBench() })
afterEach(async () => {
  await kill()
  await bench.close()
})

function startConnector(env: Record<string, string>): void {
  const [program, ...args] = nodeCommand(join(import.meta.dirname, 'main.ts'))
  connector = spawn(program, args, { env: { ...process.env, DATA_DIR: bench.directory, LOG_LEVEL: 'error', SERIES_POLL_MS: '50', ...env }, stdio: ['ignore', 'ignore', 'inherit'] })
}

async function kill(): Promise<void> {
  if (connector?.exitCode !== null || connector.signalCode !== null) return
  const gone = once(connector, 'exit')
  connector.kill('SIGKILL')
  await gone
}

/** A generator of numbers in [0, 1), the same every time (Lehmer, "minimal standard"). */
function seeded(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

const queues = ['wf-one', 'wf-two', 'wf-three', 'wf-four']
const perQueue = 4_000
const quotes = 2_000

async function committed(): Promise<number> {
  const lags = await Promise.all(queues.map((id) => bench.bus.admin.lag(groupOf(id), `${id}-data`)))
  return lags.flat().reduce((sum, lag) => sum + Number(lag.committed ?? 0n), 0)
}

async function allRead(): Promise<boolean> {
  const groups = [...queues.map((id) => [groupOf(id), `${id}-data`]), ['influx-connector.quotes', 'quotes'], ['influx-connector.news-sentiment', 'news-sentiment']]
  const lags = await Promise.all(groups.map(([group, topic]) => bench.bus.admin.lag(group!, topic!)))
  return lags.flat().every(({ lag }) => lag === 0n)
}

/** Puts records on all topics, a part at a time, while the connector is killed and started again at random moments. */
async function carryWithKills(env: Record<string, string>, between: (round: number) => Promise<void>): Promise<void> {
  const random = seeded(7)
  const topics = await Promise.all(queues.map((id) => bench.queue(id)))
  const rounds = 4
  for (let round = 0; round < rounds; round++) {
    const before = await committed()
    const part = perQueue / rounds
    for (const [q, queue] of topics.entries()) await bench.publish(queue, candles(q * perQueue + round * part, q * perQueue + (round + 1) * part))
    await publishMessages(bench.bus, catalog.quotes, Array.from({ length: quotes / rounds }, (_, i) => quote(round * (quotes / rounds) + i)))
    startConnector(env)
    // It has begun to commit what was published; then it dies somewhere in the middle.
    while (await committed() === before) await sleep(5)
    await sleep(random() * 150)
    await kill()
    await between(round)
  }
  await bench.publish(topics[0]!, [feature(0), candle(0)])
  await publishMessages(bench.bus, catalog['news-sentiment'], Array.from({ length: 20 }, (_, i) => sentiment(i)))
  startConnector(env)
  await expect.poll(allRead, { interval: 50, timeout: 20_000 }).toBe(true)
}

async function expectAll(series: TimeSeries): Promise<void> {
  const total = queues.length * perQueue
  const found = await series.query({ measurement: 'candles', from: start, to: start + (total + 1) * minute, limit: total + 1 })
  expect(found.map((row) => [(row.time - start) / minute, row.fields['close'], row.fields['trade_count']])).toEqual(Array.from({ length: total }, (_, i) => [i, 105 + i, i]))
  expect((await series.query({ measurement: 'quotes', from: start, to: start + quotes * minute })).map((row) => row.fields['price'])).toEqual(Array.from({ length: quotes }, (_, i) => 200 + i))
  expect(await series.query({ measurement: 'news_sentiment', from: start, to: start + 1 })).toHaveLength(20)
  expect(await series.query({ measurement: 'features', from: start, to: start + 1 })).toHaveLength(1)
}

it('loses and doubles nothing when it is killed at random', { timeout: 60_000 }, async () => {
  await carryWithKills({}, () => Promise.resolve())
  await expectAll(bench.series)
})

const available = await influxdbAvailable()
process.stdout.write(`influx-connector with InfluxDB: ${available.ok ? `version ${influxdbVersion}` : `skipped, ${available.reason}`}\n`)
describe.skipIf(!available.ok)(`with InfluxDB ${influxdbVersion}`, () => {
  let server: InfluxdbServer
  beforeEach(async () => { server = await startInfluxdb() })
  afterEach(() => server?.stop())

  it('loses and doubles nothing when it and the server are killed at random', { timeout: 60_000 }, async () => {
    const { url, token, org } = server
    await carryWithKills({ TIMESERIES: 'influx', INFLUX_URL: url, INFLUX_TOKEN: token, INFLUX_ORG: org }, async (round) => {
      if (round % 2 === 0) return
      await server.kill()
      await server.restart()
    })
    const series = await connectTimeSeries({ kind: 'influx', url, token, org })
    await expectAll(series)
    await series.close()
  })

  it('goes on by itself when the server comes back', { timeout: 60_000 }, async () => {
    const { url, token, org } = server
    const queue = await bench.queue('wf-away')
    const lag = async () => (await bench.bus.admin.lag(groupOf('wf-away'), queue.kafka_topic)).map((partition) => partition.lag)
    await bench.publish(queue, candles(0, 10))
    const stop = bench.run({ env: { TIMESERIES: 'influx', INFLUX_URL: url, INFLUX_TOKEN: token, INFLUX_ORG: org } })
    await expect.poll(lag, { interval: 20, timeout: 10_000 }).toEqual([0n])
    await server.kill()
    await bench.publish(queue, candles(10, 20))
    await expect.poll(lag, { interval: 20 }).toEqual([10n])
    await server.restart()
    await expect.poll(lag, { interval: 20, timeout: 15_000 }).toEqual([0n])
    expect(await stop()).toBe(0)
    const series = await connectTimeSeries({ kind: 'influx', url, token, org })
    expect(await series.query({ measurement: 'candles', from: start, to: start + 20 * minute })).toHaveLength(20)
    await series.close()
  })
})
