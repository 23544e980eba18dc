import { Workflow, WorkflowUpdate, type Candle } from '@streamforge/contracts'
import { DatabaseSync } from 'node:sqlite'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBenchPlatform, startBenchSimulator, warmCandles } from './bench-platform.ts'
import type { BenchmarkResult } from './row.ts'
import { watchServiceMemory } from './service-memory.ts'

const day = 86_400_000
const benchmark = 'end to end, embedded'

/** Loader -> topic -> connector -> store -> certificates, from POST to `finished`, against a bare loop that writes such records to SQLite. */
export async function benchEndToEnd(options: { symbols?: number; days?: number } = {}): Promise<BenchmarkResult> {
  const simulator = await startBenchSimulator({ TIME_RANGE: '2024-10-01:2025-04-01' })
  const platform = await startBenchPlatform(simulator.url)
  try {
    const { symbols, from, to } = await chooseRange(simulator.url, options.symbols ?? 4, options.days ?? 180)
    await warmCandles(simulator.url, symbols, from, to)
    const memory = watchServiceMemory(platform.dataDir)
    const run = await runWorkflow(platform.url, symbols, `${from}:${to}`)
    memory.stop()
    const { services, together } = memory.peaks()
    const baseline = await bareSqliteLoop(Math.min(run.records, 500_000))
    const rate = run.records / run.seconds
    return [
      { benchmark, subject: 'bare loop into SQLite, one process', value: Math.round(baseline), unit: 'records/s' },
      { benchmark, subject: `StreamForge, ${run.records} records`, value: Math.round(rate), unit: 'records/s', ratio: rate / baseline,
        baseline: 'bare loop into SQLite', target: '>= 60,000 records/s' },
      { benchmark, subject: 'from POST to the first record stored', value: Number(run.firstRecordSeconds.toFixed(2)), unit: 's', target: '< 2 s' },
      ...[...services].sort().map(([name, megabytes]) => ({
        benchmark, subject: `peak memory, ${name}`, value: Math.round(megabytes), unit: 'MB', target: '< 200 MB' })),
      { benchmark, subject: 'peak memory, all together', value: Math.round(together), unit: 'MB', target: '< 1000 MB' },
    ]
  } finally {
    await platform.stop()
    await simulator.stop()
  }
}

async function chooseRange(url: string, count: number, days: number) {
  const { symbols } = await (await fetch(`${url}/api/v3/exchangeInfo`)).json() as { symbols: { symbol: string }[] }
  const { serverTime } = await (await fetch(`${url}/api/v3/time`)).json() as { serverTime: number }
  const to = Math.floor(serverTime / day) * day
  return { symbols: symbols.slice(0, count).map((s) => s.symbol), from: to - days * day, to }
}

async function runWorkflow(url: string, symbols: string[], timeRange: string) {
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  const response = await fetch(`${url}/workflows`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ symbols, types: ['api_candles_1m'], time_range: timeRange, options: { source: 'rest' } }),
  })
  if (!response.ok) throw new Error(await response.text())
  const { workflow_id } = Workflow.parse(await response.json())
  let firstRecordSeconds: number | undefined
  const events = await fetch(`${url}/workflows/${workflow_id}/events`)
  let rest = ''
  for await (const chunk of events.body!.pipeThrough(new TextDecoderStream())) {
    rest += chunk
    const blocks = rest.split('\n\n')
    rest = blocks.pop()!
    for (const block of blocks) {
      const data = block.split('\n').find((l) => l.startsWith('data:'))?.slice(5)
      const update = data ? WorkflowUpdate.safeParse(JSON.parse(data)).data : undefined
      if (!update) continue
      const written = update.workflow.stages.find((s) => s.stage === 'arango-connector')?.records_written ?? 0
      if (written > 0) firstRecordSeconds ??= seconds()
      if (update.workflow.status === 'finished') return { records: written, seconds: seconds(), firstRecordSeconds: firstRecordSeconds ?? seconds() }
      if (update.workflow.status === 'failed') throw new Error(update.workflow.reason)
    }
  }
  throw new Error('the stream of updates ended early')
}

/** The simplest program that leaves such records in a SQLite file: the ceiling of what one process could do with no bus between. */
async function bareSqliteLoop(records: number): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-sqlite-'))
  const database = new DatabaseSync(join(directory, 'bare.db'))
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE candles (key TEXT PRIMARY KEY, body TEXT NOT NULL)')
  const insert = database.prepare('INSERT INTO candles VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body')
  const start = Date.UTC(2024, 0, 1)
  const began = performance.now()
  for (let i = 0; i < records;) {
    database.exec('BEGIN')
    for (const end = Math.min(records, i + 5_000); i < end; i++) {
      const open_time = start + i * 60_000
      const candle: Candle & { _key: string } = {
        _key: `BTCUSDT_1m_${open_time}`, kind: 'candle', venue: 'binance', symbol: 'BTCUSDT', interval: '1m', open_time,
        open: 46_216.93 + i, high: 46_731.39 + i, low: 46_208.37 + i, close: 46_656.14 + i, volume: 1503.33095, quote_volume: 69_876_543.21,
        trade_count: 1234, taker_buy_volume: 700.5, taker_buy_quote_volume: 32_345_678.9, event_time: open_time + 60_000,
        known_time: open_time + 60_000, backfilled: true,
      }
      insert.run(candle._key, JSON.stringify(candle))
    }
    database.exec('COMMIT')
  }
  const rate = records / ((performance.now() - began) / 1000)
  database.close()
  await rm(directory, { recursive: true, force: true })
  return rate
}
