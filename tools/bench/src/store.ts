import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { nodeCommand } from '@streamforge/launcher'
import { freePort } from '@streamforge/servers'
import { connectStore, type SerialisedDocument, type Store } from '@streamforge/store'
import type { BenchmarkResult } from './row.ts'

const documents = 200_000
const batch = 5_000
const changes = 2_000
const rounds = 2
const server = resolve(import.meta.dirname, '../../../apps/store-server/src/main.ts')
const token = 'of-this-benchmark-only'

type Rates = Record<'writes' | 'writes again' | 'scans' | 'changes by version', number>
const units: Record<keyof Rates, string> = { writes: 'documents/s', 'writes again': 'documents/s', scans: 'documents/s', 'changes by version': 'changes/s' }

/** Candles as the connector writes them: text that came from the topic. */
const candles: SerialisedDocument[] = Array.from({ length: documents }, (_, i) => {
  const open_time = Date.UTC(2024, 0, 1) + i * 60_000
  const close = 60_000 + (i % 977) / 10
  return {
    _key: `BTCUSDT_1m_${open_time}`,
    json: JSON.stringify({
      kind: 'candle', venue: 'binance', symbol: 'BTCUSDT', interval: '1m', open_time, open: close - 1.25, high: close + 12.5, low: close - 20.75, close, volume: 12.5 + (i % 31),
      quote_volume: 750_000.125, trade_count: 100 + (i % 50), taker_buy_volume: 6.25, taker_buy_quote_volume: 375_000.5, event_time: open_time + 60_000, known_time: open_time + 60_000, backfilled: true,
    }),
  }
})

/** The store in this process, and the same store behind its server in a process of its own. */
export async function benchStore(): Promise<BenchmarkResult> {
  const best = new Map<'embedded' | 'remote', Rates>()
  for (let round = 0; round < rounds; round++) {
    for (const subject of ['embedded', 'remote'] as const) {
      const folder = await mkdtemp(join(tmpdir(), 'streamforge-bench-store-'))
      try {
        const rates = await (subject === 'embedded' ? embedded(folder) : remote(folder))
        const before = best.get(subject)
        best.set(subject, before ? better(before, rates) : rates)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }
  }
  const [base, served] = [best.get('embedded')!, best.get('remote')!]
  return (Object.keys(base) as (keyof Rates)[]).flatMap((what) => [
    { benchmark: `store, ${what}`, subject: 'embedded', value: Math.round(base[what]), unit: units[what] },
    { benchmark: `store, ${what}`, subject: 'remote', value: Math.round(served[what]), unit: units[what], ratio: served[what] / base[what], baseline: 'embedded' },
  ])
}

const better = (a: Rates, b: Rates): Rates => Object.fromEntries(Object.entries(a).map(([what, rate]) => [what, Math.max(rate, b[what as keyof Rates])])) as Rates

async function embedded(folder: string): Promise<Rates> {
  const store = await connectStore({ kind: 'embedded', file: join(folder, 'store.db') })
  return measure(store).finally(() => store.close())
}

async function remote(folder: string): Promise<Rates> {
  const port = await freePort()
  const child = await startServer(folder, port)
  try {
    const store = await connectStore({ kind: 'remote', url: `http://127.0.0.1:${port}`, token })
    return await measure(store).finally(() => store.close())
  } finally {
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
}

async function startServer(folder: string, port: number): Promise<ChildProcess> {
  const [program, ...args] = nodeCommand(server)
  const child = spawn(program, args, {
    env: { ...process.env, DATA_DIR: folder, PORT: String(port), STORE_TOKEN: token, HEALTH_PORT: '0', STORE: 'embedded', LOG_LEVEL: 'info' }, stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line.includes('"listening"')) break
  }
  return child
}

async function measure(store: Store): Promise<Rates> {
  await store.ensureCollection('candles')
  const write = async () => {
    for (let start = 0; start < documents; start += batch) await store.writeSerialised('candles', candles.slice(start, start + batch))
  }
  const writes = documents / await seconds(write)
  const again = documents / await seconds(write)
  let read = 0
  const scanned = await seconds(async () => {
    for await (const found of store.scan('candles')) read += found.length
  })
  const changed = await seconds(async () => {
    for (let version = 1; version <= changes; version++) await store.compareAndSet('candles', { _key: 'queue', version, state: 'running' }, version - 1)
  })
  return { writes, 'writes again': again, scans: read / scanned, 'changes by version': changes / changed }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}
