// node apps/dashboard/src/measure-load.ts [--symbols 20] [--clients 100] [--slow 5] [--rate 2000] [--seconds 30]
// Memory, processor time and delay of the dashboard's process while many pages watch many markets; prints one JSON object.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { connectBus, publishMessages } from '@streamforge/bus'
import { catalog, type BookDiff, type BookSnapshot, type LiveServerMessage, type PriceLevel, type Trade } from '@streamforge/contracts'
import { nodeCommand } from '@streamforge/launcher'
import { connectStore } from '@streamforge/store'
import { WebSocket } from 'ws'

const { values } = parseArgs({ options: {
  symbols: { type: 'string', default: '20' }, clients: { type: 'string', default: '100' }, slow: { type: 'string', default: '5' },
  rate: { type: 'string', default: '2000' }, seconds: { type: 'string', default: '30' },
} })
const [symbolCount, clientCount, slowCount, rate, seconds] = [values.symbols, values.clients, values.slow, values.rate, values.seconds].map(Number) as [number, number, number, number, number]
const symbols = Array.from({ length: symbolCount }, (_, i) => `COIN${i}USDT`)
const venue = 'binance'
const directory = await mkdtemp(join(tmpdir(), 'streamforge-dashboard-load-'))
const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
await store.ensureCollection('queues')

for (const symbol of symbols) {
  for (const type of ['ws_trades', 'ws_orderbook']) {
    const id = `wf-${symbol.toLowerCase()}-${type}`
    await bus.admin.createTopic({ name: `${id}-data`, partitions: 1 })
    await store.ensureCollection(id)
    await store.writeBatch('queues', [{
      _key: id, queue_id: id, workflow_id: 'wf-load', venue, symbol, type, status: 'running', time_range: '2024-08-01:', collection_name: id, kafka_topic: `${id}-data`, version: 1, position: id,
      jobs: [{ target: 'arango-connector', records_written: 0 }],
    }])
  }
}

const [program, ...args] = nodeCommand(join(import.meta.dirname, 'main.ts'))
const child = spawn(program, args, {
  env: { ...process.env, BUS: 'embedded', STORE: 'embedded', DATA_DIR: directory, PORT: '0', DASHBOARD_WEB_DIR: directory }, stdio: ['ignore', 'pipe', 'inherit'],
})
const url = await new Promise<string>((found) => {
  createInterface({ input: child.stdout }).on('line', (line) => {
    const told = /"url":"http(:[^"]+)"/.exec(line)?.[1]
    if (told && line.includes('"listening"')) found(`ws${told}/live`)
  })
})

const bookBase = (symbol: string) => ({ venue, symbol, market: 'spot' as const, event_time: Date.now(), known_time: Date.now() })
const levels = (from: number, step: number, count: number): PriceLevel[] => Array.from({ length: count }, (_, i) => [(from + step * i).toFixed(2), '1.00000000'])
const updateIds = new Map(symbols.map((symbol) => [symbol, 1]))
let tradeId = 0
const publish = async (symbol: string, trades: number) => {
  const now = Date.now()
  const made = Array.from({ length: trades }, (): Trade => ({
    kind: 'trade', venue, symbol, trade_id: Math.floor(tradeId++ / symbolCount), price: 100 + (tradeId % 100) / 100, quantity: 1, buyer_maker: false, event_time: now, known_time: now, backfilled: false,
  }))
  const id = updateIds.get(symbol)! + 1
  updateIds.set(symbol, id)
  const diff: BookDiff = { kind: 'book_diff', ...bookBase(symbol), first_update_id: id, final_update_id: id, bids: levels(99, -0.01, 20), asks: levels(101, 0.01, 20) }
  await publishMessages(bus, catalog.data, made, { topic: `wf-${symbol.toLowerCase()}-ws_trades-data` })
  await publishMessages(bus, catalog.data, [diff], { topic: `wf-${symbol.toLowerCase()}-ws_orderbook-data` })
}
for (const symbol of symbols) {
  const snapshot: BookSnapshot = { kind: 'book_snapshot', ...bookBase(symbol), last_update_id: 1, depth: 1_000, bids: levels(99, -0.01, 1_000), asks: levels(101, 0.01, 1_000), source: 'rest' }
  await publishMessages(bus, catalog.data, [snapshot], { topic: `wf-${symbol.toLowerCase()}-ws_orderbook-data` })
}

let received = 0
let bytes = 0
let behind = 0
let terminated = 0
const delays: number[] = []
for (let i = 0; i < clientCount; i++) {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  const symbol = symbols[i % symbolCount]!
  const slow = i < slowCount
  socket.on('close', () => terminated++)
  socket.on('message', (data: Buffer) => {
    received++
    bytes += data.length
    // Only some are looked into: this process is not what is measured.
    if (data.includes('"op":"behind"')) behind++
    if (i % 20 !== 19) return
    const message = JSON.parse(String(data)) as LiveServerMessage
    if (message.op === 'data' && message.data.kind === 'trades') for (const trade of message.data.trades) delays.push(Date.now() - trade.known_time)
  })
  const kinds = [{ kind: 'trades' }, { kind: 'candles', interval: '1m' }, { kind: 'book' }]
  kinds.forEach((kind, id) => socket.send(JSON.stringify({ op: 'subscribe', id, channel: { ...kind, venue, symbol } })))
  if (slow) for (let id = 3; id < 50; id++) socket.send(JSON.stringify({ op: 'subscribe', id, channel: { kind: 'trades', venue, symbol } }))
  if (slow) setTimeout(() => socket.pause(), 2_000).unref()
  // Towards the end they read on, and hear that they are behind.
  if (slow) setTimeout(() => socket.resume(), (seconds - 3) * 1_000).unref()
}

const resident = async () => Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024
const processorSeconds = async () => (await readFile(`/proc/${child.pid}/stat`, 'utf8')).split(' ').slice(13, 15).reduce((sum, ticks) => sum + Number(ticks) / 100, 0)
const memory: number[] = []
const before = await processorSeconds()
const began = performance.now()
let published = 0
const perRound = Math.max(1, Math.round(rate / symbolCount / 10))
for (let round = 0; performance.now() - began < seconds * 1_000; round++) {
  await Promise.all(symbols.map((symbol) => publish(symbol, perRound)))
  published += perRound * symbolCount
  if (round % 10 === 0) memory.push(Math.round(await resident()))
  await delay(Math.max(0, (round + 1) * 100 - (performance.now() - began)))
}
const took = (performance.now() - began) / 1_000
const sorted = delays.toSorted((a, b) => a - b)
const at = (p: number) => sorted[Math.floor(p * (sorted.length - 1))]
process.stdout.write(`${JSON.stringify({
  symbols: symbolCount, pages: clientCount, slow_pages: slowCount, trades_per_second: Math.round(published / took), pushes_per_second: Math.round(received / took), megabytes_per_second: Math.round(bytes / took / 1e5) / 10,
  memory_mb: { start: memory[0], middle: memory[memory.length >> 1], end: memory.at(-1), peak: Math.max(...memory) }, cores: Math.round((await processorSeconds() - before) / took * 100) / 100,
  delay_ms: { p50: at(0.5), p99: at(0.99), max: at(1) }, told_behind: behind, cut_off: terminated,
}, null, 2)}\n`)
child.kill('SIGTERM')
await once(child, 'exit')
await bus.close()
await store.close()
await rm(directory, { recursive: true, force: true })
process.exit(0)
