import { listDeadLetters, publishMessages } from '@streamforge/bus'
import { catalog } from '@streamforge/contracts'
import { openEmbeddedSeries } from '@streamforge/timeseries'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { candle, candles, feature, feedRun, forecast, forecastScore, minute, openBench, quote, sentiment, start, type Bench } from './connector-fixture.ts'
import { groupOf } from './follow-queues.ts'

let bench: Bench
let stops: (() => Promise<number>)[]
beforeEach(async () => {
  bench = await openBench()
  stops = []
})
afterEach(async () => {
  for (const stop of stops) expect(await stop()).toBe(0)
  await bench.close()
})
const run = (...given: Parameters<Bench['run']>) => void stops.push(bench.run(...given))

const range = { from: start, to: start + 10_000 * minute, limit: 100_000 }
const read = (measurement: Parameters<Bench['series']['query']>[0]['measurement'] = 'candles') => bench.series.query({ measurement, ...range })
const has = (count: number, measurement?: Parameters<typeof read>[0]) => expect.poll(async () => (await read(measurement)).length, { interval: 10, timeout: 10_000 }).toBe(count)
const lagOf = async (id: string) => (await bench.bus.admin.lag(groupOf(id), `${id}-data`)).reduce((sum, { lag }) => sum + lag, 0n)

it('follows queues as they come, and carries candles, features and forecasts', async () => {
  run()
  const history = await bench.queue('wf-history')
  await bench.publish(history, [...candles(0, 50), { ...candle(50), kind: 'candle_open' }])
  await has(50)
  const stages = await bench.queue('wf-features', { type: 'features_1m' })
  await bench.publish(stages, [feature(0), feature(1)])
  const forecasts = await bench.queue('wf-forecasts', { type: 'forecast_1m' })
  await bench.publish(forecasts, [forecast(0), forecastScore(0)])
  await has(2, 'features')
  await has(1, 'forecasts')
  await has(1, 'forecast_scores')
  expect((await read())[49]).toEqual({
    tags: { venue: 'binance', symbol: 'BTCUSDT', interval: '1m' }, time: start + 49 * minute, sub: 0,
    fields: { open: 149, high: 159, low: 139, close: 154, volume: 12.5, trade_count: 49 },
  })
})

it('carries quotes, what news say, and the runs of fetchers', async () => {
  await publishMessages(bench.bus, catalog.quotes, [quote(0), quote(1), quote(1)])
  await publishMessages(bench.bus, catalog['news-sentiment'], [sentiment(0), sentiment(1), sentiment(0)])
  await publishMessages(bench.bus, catalog['feed-runs'], [feedRun(0)])
  run()
  await has(2, 'quotes')
  await has(2, 'news_sentiment')
  await has(1, 'feed_runs')
})

it('catches up with queues that ended while nothing ran, and then lets them go', async () => {
  const ended = await Promise.all(Array.from({ length: 12 }, (_, i) => bench.queue(`wf-ended-${i}`, { status: 'finished' })))
  for (const [i, queue] of ended.entries()) await bench.publish(queue, candles(i * 10, i * 10 + 10))
  run()
  await has(120)
  await expect.poll(async () => (await Promise.all(ended.map(({ queue_id }) => lagOf(queue_id)))).every((lag) => lag === 0n), { interval: 10 }).toBe(true)
  const groups = async (atLeast: number) => (await bench.bus.admin.listGroups()).filter(({ group, members }) => group.startsWith('influx-connector.wf') && members >= atLeast)
  await expect.poll(() => groups(1), { interval: 10 }).toEqual([])
  expect(await groups(0)).toHaveLength(12)
  for (const { queue_id } of ended) await bench.queue(queue_id, { status: 'finished', topic_deleted: true })
  await expect.poll(() => groups(0), { interval: 10 }).toEqual([])
})

it('leaves trades, replays, and topics that are gone alone', async () => {
  const trades = await bench.queue('wf-trades', { type: 'ws_trades' })
  const replay = await bench.queue('wf-replay', { original: { queue_id: 'wf-history' } as never })
  await bench.queue('wf-old', { status: 'finished', topic_deleted: true })
  for (const queue of [trades, replay]) await bench.publish(queue, [candle(0)])
  const followed = await bench.queue('wf-followed')
  await bench.publish(followed, [candle(1)])
  run()
  await has(1)
  expect((await bench.bus.admin.groupsOf(trades.kafka_topic)).concat(await bench.bus.admin.groupsOf(replay.kafka_topic))).toEqual([])
})

it('goes on when a topic is deleted, and forgets its group', async () => {
  const first = await bench.queue('wf-first')
  const second = await bench.queue('wf-second')
  await bench.publish(first, [candle(0)])
  run()
  await has(1)
  await bench.bus.admin.deleteTopic(first.kafka_topic)
  await bench.queue('wf-first', { topic_deleted: true })
  await bench.publish(second, [candle(1)])
  await has(2)
  await expect.poll(async () => (await bench.bus.admin.listGroups()).some(({ group }) => group === groupOf('wf-first')), { interval: 10 }).toBe(false)
})

it('puts what does not fit among the dead letters, and carries the rest', async () => {
  const queue = await bench.queue('wf-damaged')
  await bench.publish(queue, [candle(0)])
  await bench.bus.publish(queue.kafka_topic, [{ value: 'no JSON' }, { value: JSON.stringify({ ...candle(1), close: 'high' }) }])
  await bench.publish(queue, [candle(2)])
  await publishMessages(bench.bus, catalog['news-sentiment'], [{
    kind: 'daily_sentiment', symbol: 'AAPL', day: '1990-01-01', articles: 1, positive: 1, neutral: 0, negative: 0, mean: 1, scorers: ['lexicon@1'], event_time: start, known_time: start,
  }, sentiment(0)])
  run()
  await has(2)
  await has(1, 'news_sentiment')
  await expect.poll(async () => (await listDeadLetters(bench.bus)).map(({ code, service, source_offset }) => `${service} ${code} ${source_offset}`).toSorted(), { interval: 20, timeout: 15_000 }).toEqual([
    'influx-connector BAD_MESSAGE 1', 'influx-connector BAD_MESSAGE 2', 'influx-connector STORE_REJECTED 0',
  ])
})

it('waits while the series cannot be written, and loses nothing', async () => {
  const queue = await bench.queue('wf-waiting')
  run()
  await bench.publish(queue, candles(0, 5))
  await has(5)
  const other = new DatabaseSync(join(bench.directory, 'series.db'))
  other.exec('BEGIN IMMEDIATE')
  await bench.publish(queue, candles(5, 20))
  await expect.poll(() => lagOf('wf-waiting'), { interval: 10 }).toBe(15n)
  other.exec('ROLLBACK')
  other.close()
  await has(20)
})

it('leaves out what is older than series are kept, and deletes what has become so', async () => {
  const day = 86_400_000
  const now = start + 40 * day
  const old = await openEmbeddedSeries({ file: join(bench.directory, 'series.db') })
  await old.writePoints([{ measurement: 'quotes', tags: { feed: 'old-feed', asset: 'stock', symbol: 'OLD' }, time: start, fields: { price: 1 } }])
  await old.close()
  const queue = await bench.queue('wf-aged')
  await bench.publish(queue, [candle(0), candle(0, { open_time: now - 2 * day }), candle(0, { open_time: now - 20 * day })])
  run({ now: () => now, env: { SERIES_RETENTION_DAYS: '10' } })
  await has(0, 'quotes')
  await expect.poll(() => lagOf('wf-aged'), { interval: 10 }).toBe(0n)
  expect((await bench.series.query({ measurement: 'candles', from: start, to: now })).map((row) => row.time)).toEqual([now - 2 * day])
})

it('tells at /metrics what it wrote and follows, and is ready while it can write', async () => {
  const lines: string[] = []
  run({ env: { LOG_LEVEL: 'info' }, logStream: { write: (line) => void lines.push(line) } })
  await bench.publish(await bench.queue('wf-measured'), candles(0, 30))
  await has(30)
  const { port } = lines.map((line) => JSON.parse(line) as { msg: string; port?: number }).find(({ msg }) => msg === 'health server listening')!
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  await expect.poll(() => get('/metrics'), { interval: 20 }).toMatch(/streamforge_series_followed_topics\{[^}]*\} 1\n/)
  expect(await get('/metrics')).toMatch(/streamforge_series_points_written_total\{[^}]*measurement="candles"[^}]*\} 30\n/)
  await expect.poll(() => get('/readyz'), { interval: 20 }).toContain('"status":"ready"')
})

it('says which variable of InfluxDB is missing, and does not start again', async () => {
  const lines: string[] = []
  const stop = bench.run({ env: { TIMESERIES: 'influx', INFLUX_URL: 'http://127.0.0.1:1', LOG_LEVEL: 'info' }, logStream: { write: (line) => void lines.push(line) } })
  await expect.poll(() => lines.some((line) => line.includes('INFLUX_TOKEN is missing')), { interval: 10 }).toBe(true)
  expect(await stop()).toBe(78)
})
