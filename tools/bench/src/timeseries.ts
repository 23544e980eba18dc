import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { InfluxDB, Point } from '@influxdata/influxdb-client'
import { connectBus, publishMessages, type Bus } from '@streamforge/bus'
import { catalog, type Candle } from '@streamforge/contracts'
import { nodeCommand } from '@streamforge/launcher'
import { influxdbAvailable, startInfluxdb, type InfluxdbServer } from '@streamforge/servers'
import { connectStore } from '@streamforge/store'
import { connectTimeSeries, type AnyPoint, type TimeSeriesConfig } from '@streamforge/timeseries'
import type { BenchmarkResult, BenchmarkRow } from './row.ts'

const points = 200_000
const batch = 5_000
const symbols = 8
const rounds = 2
const connector = resolve(import.meta.dirname, '../../../apps/influx-connector/src/main.ts')

const start = Date.UTC(2024, 0, 1)
/** Minutes of several symbols, as they come from history. */
function candle(index: number): Candle {
  const open_time = start + Math.floor(index / symbols) * 60_000
  const close = 60_000 + (index % 977) / 10
  return {
    kind: 'candle', venue: 'binance', symbol: `COIN${index % symbols}USDT`, interval: '1m', open_time, open: close - 1.25, high: close + 12.5, low: close - 20.75, close,
    volume: 12.5 + (index % 31), quote_volume: 750_000.125, trade_count: 100 + (index % 50), taker_buy_volume: 6.25, taker_buy_quote_volume: 375_000.5,
    event_time: open_time + 60_000, known_time: open_time + 60_000, backfilled: true,
  }
}
const candles = Array.from({ length: points }, (_, i) => candle(i))
const batches = Array.from({ length: points / batch }, (_, i) => candles.slice(i * batch, (i + 1) * batch))
const pointOf = ({ venue, symbol, interval, open_time: time, open, high, low, close, volume, quote_volume, trade_count, taker_buy_volume, taker_buy_quote_volume }: Candle): AnyPoint =>
  ({ measurement: 'candles', tags: { venue, symbol, interval }, time, fields: { open, high, low, close, volume, quote_volume, trade_count, taker_buy_volume, taker_buy_quote_volume } })

/** Points a second into the time series: a bare loop over the driver, the port, and influx-connector from topic to durable. */
export async function benchTimeSeries(): Promise<BenchmarkResult> {
  const available = await influxdbAvailable()
  const result: BenchmarkResult = await benchEmbedded()
  if (!available.ok) return [...result, { benchmark: 'series, InfluxDB', skipped: available.reason }]
  const server = await startInfluxdb()
  try {
    return [...result, ...await benchInflux(server)]
  } finally {
    await server.stop()
  }
}

const benchEmbedded = () => compare('series, embedded', {
  'node:sqlite, bare loop': (folder) => bareSqlite(join(folder, 'bare.db')),
  'writePoints': (folder) => port({ kind: 'embedded', file: join(folder, 'series.db') }),
  'influx-connector, from a topic': (folder) => carry(folder, {}),
})

function benchInflux(server: InfluxdbServer) {
  const { url, org, token } = server
  return compare('series, InfluxDB', {
    '@influxdata/influxdb-client, bare loop': () => bareClient(server),
    'writePoints': () => port({ kind: 'influx', url, org, token, bucket: 'port' }),
    'influx-connector, from a topic': (folder) => carry(folder, { TIMESERIES: 'influx', INFLUX_URL: url, INFLUX_ORG: org, INFLUX_TOKEN: token, INFLUX_BUCKET: 'connector' }),
  })
}

/** The best of the rounds, measured in turns; ratios against the first. */
async function compare(benchmark: string, subjects: Record<string, (folder: string) => Promise<number>>): Promise<BenchmarkRow[]> {
  const best = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    for (const [subject, measure] of Object.entries(subjects)) {
      const folder = await mkdtemp(join(tmpdir(), 'streamforge-bench-series-'))
      try {
        best.set(subject, Math.max(best.get(subject) ?? 0, await measure(folder)))
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }
  }
  const [[baseline, base]] = best as unknown as [[string, number]]
  return Array.from(best, ([subject, rate]) => ({
    benchmark, subject, value: Math.round(rate), unit: 'points/s', ...(subject !== baseline && { ratio: rate / base, baseline }),
  }))
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return points / ((performance.now() - began) / 1000)
}

/** The least that one can do: a prepared statement and transactions of the same size, no series, no checks. */
function bareSqlite(file: string): Promise<number> {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  database.exec('CREATE TABLE candles (venue TEXT, symbol TEXT, interval TEXT, time INTEGER, open REAL, high REAL, low REAL, close REAL, volume REAL, quote_volume REAL, trade_count INTEGER, taker_buy_volume REAL, taker_buy_quote_volume REAL, PRIMARY KEY (venue, symbol, interval, time)) WITHOUT ROWID')
  const insert = database.prepare('INSERT OR REPLACE INTO candles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const rate = timed(async () => {
    for (const part of batches) {
      database.exec('BEGIN')
      for (const c of part) {
        insert.run(c.venue, c.symbol, c.interval, c.open_time, c.open, c.high, c.low, c.close, c.volume, c.quote_volume!, c.trade_count!, c.taker_buy_volume!, c.taker_buy_quote_volume!)
      }
      database.exec('COMMIT')
    }
  })
  return rate.finally(() => database.close())
}

/** As its documentation shows it, with the driver's own settings: points are objects, it makes the lines, batches them and sends them while more are added. */
async function bareClient({ url, org, token }: InfluxdbServer): Promise<number> {
  const all = Promise.withResolvers<void>()
  let written = 0
  const writer = new InfluxDB({ url, token }).getWriteApi(org, 'streamforge', 'ms', {
    batchSize: batch,
    writeSuccess: (lines) => { if ((written += lines.length) === points) all.resolve() },
  })
  return timed(async () => {
    for (const part of batches) {
      writer.writePoints(part.map((c) => new Point('candles').tag('venue', c.venue).tag('symbol', c.symbol).tag('interval', c.interval).timestamp(c.open_time)
        .floatField('open', c.open).floatField('high', c.high).floatField('low', c.low).floatField('close', c.close).floatField('volume', c.volume)
        .floatField('quote_volume', c.quote_volume).intField('trade_count', c.trade_count).floatField('taker_buy_volume', c.taker_buy_volume)
        .floatField('taker_buy_quote_volume', c.taker_buy_quote_volume)))
    }
    // close() does not wait for what it has sent itself meanwhile.
    await Promise.all([writer.close(), all.promise])
  })
}

async function port(config: TimeSeriesConfig): Promise<number> {
  const series = await connectTimeSeries(config)
  const rate = await timed(async () => {
    for (const part of batches) await series.writePoints(part.map(pointOf))
  })
  await series.close()
  return rate
}

/** The service as it runs, in a process of its own: read, parsed, checked, written, and the offsets committed. */
async function carry(folder: string, env: Record<string, string>): Promise<number> {
  const bus = await connectBus({ kind: 'embedded', directory: join(folder, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(folder, 'store.db') })
  const [queue_id, topic] = ['wf-bench', 'wf-bench-data']
  await bus.admin.createTopic({ name: topic, partitions: 1 })
  for (const part of batches) await publishMessages(bus, catalog.data, part, { topic })
  await store.ensureCollection('queues')
  await store.writeBatch('queues', [{ _key: queue_id, queue_id, kafka_topic: topic, type: 'api_candles_1m', status: 'running', topic_deleted: false }])
  const [program, ...args] = nodeCommand(connector)
  const child = spawn(program, args, { env: { ...process.env, ...env, DATA_DIR: folder, LOG_LEVEL: 'error' }, stdio: ['ignore', 'ignore', 'inherit'] })
  try {
    return await commitRate(bus, topic)
  } finally {
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
    await bus.close()
    await store.close()
  }
}

/** Messages a second that the connector commits, from its first commit to its last. */
async function commitRate(bus: Bus, topic: string): Promise<number> {
  const committed = async () => (await bus.admin.lag('influx-connector.wf-bench', topic)).reduce((sum, lag) => sum + Number(lag.committed ?? 0n), 0)
  const until = async (enough: number) => {
    for (;;) {
      const count = await committed()
      if (count >= enough) return { count, at: performance.now() }
      await sleep(10)
    }
  }
  const first = await until(1)
  const last = await until(points)
  return (last.count - first.count) / ((last.at - first.at) / 1000)
}
