import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { connectBus } from '@streamforge/bus'
import type { FeedRun } from '@streamforge/contracts'
import type { BenchmarkResult } from './row.ts'

const benchmark = 'feeds'
const feeds = 1_000
/** Most feeds run once in it, each at its own second. */
const measuredMs = 45_000
const root = resolve(import.meta.dirname, '../../..')

/**
 * feed-fetcher as a process of its own with 1,000 feeds of one minute, each with a price that changes at every request, on the embedded
 * bus and store: its highest memory, the processor time that it takes, and whether runs came when they were to.
 */
export async function benchFeeds(): Promise<BenchmarkResult> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-bench-feeds-'))
  const source = await startSource()
  let fetcher: ChildProcess | undefined
  try {
    await writeFile(join(directory, 'feed.yaml'), feedFile(source.host))
    fetcher = startFetcher(directory, source.host)
    await source.firstRequest
    const begun = await processFacts(fetcher.pid!)
    const before = source.requests()
    await new Promise((done) => setTimeout(done, measuredMs))
    const ended = await processFacts(fetcher.pid!)
    const requests = source.requests() - before
    fetcher.kill('SIGTERM')
    if (fetcher.exitCode === null) await once(fetcher, 'exit')
    const runs = await readRuns(directory)
    const late = runs.map((run) => run.started_at - run.scheduled_at).sort((a, b) => a - b)
    const failed = runs.filter((run) => run.error).length
    const subject = `${feeds} feeds of one minute`
    return [
      { benchmark, subject: `${subject}, highest memory`, value: Math.round(ended.peakMb), unit: 'MB', target: 'under 300 MB' },
      { benchmark, subject: `${subject}, processor`, value: Math.round((ended.cpuSeconds - begun.cpuSeconds) / measuredMs * 1e5), unit: '% of one core', target: '2 cores' },
      { benchmark, subject: `${subject}, requests`, value: Math.round(requests / measuredMs * 6e4), unit: 'a minute', target: String(feeds) },
      { benchmark, subject: `${subject}, begun after their slot, p99`, value: late[Math.floor(late.length * 0.99)] ?? 0, unit: 'ms' },
      { benchmark, subject: `${subject}, failed runs of ${runs.length}`, value: failed, unit: 'runs', target: '0' },
    ]
  } finally {
    if (fetcher?.exitCode === null && fetcher.signalCode === null) fetcher.kill('SIGKILL')
    await source.close()
    await rm(directory, { recursive: true, force: true })
  }
}

const feedFile = (host: string) => `feeds:\n${Array.from({ length: feeds }, (_, i) =>
  `  - {name: feed-${i}, interval: 1m, endpoint: 'http://${host}/ticker?symbol={symbol}', parser: binance-ticker, symbols: [S${i}USDT]}`).join('\n')}\n`

async function startSource() {
  let requests = 0
  let hear: () => void = () => undefined
  const firstRequest = new Promise<void>((done) => { hear = done })
  const server = createServer((request, response) => {
    requests++
    hear()
    const symbol = new URL(request.url!, 'http://x').searchParams.get('symbol')
    response.writeHead(200, { 'content-type': 'application/json', etag: `"${requests}"` })
      .end(JSON.stringify({ symbol, lastPrice: String(100 + requests / 1_000), bidPrice: '99', askPrice: '101', volume: '5', closeTime: Date.now() - 5 }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests, firstRequest,
    close: () => new Promise<void>((done) => {
      server.close(() => done())
      server.closeAllConnections()
    }),
  }
}

function startFetcher(directory: string, host: string): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'apps/feed-fetcher/src/main.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DATA_DIR: directory, FEED_ALLOW_PRIVATE: host, LOG_LEVEL: 'error', BUS: 'embedded', STORE: 'embedded' },
  })
}

/** Linux only. */
async function processFacts(pid: number): Promise<{ peakMb: number; cpuSeconds: number }> {
  const [status, stat] = await Promise.all(['status', 'stat'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')))
  const fields = stat!.slice(stat!.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return { peakMb: Number(/^VmHWM:\s+(\d+) kB/m.exec(status!)?.[1] ?? 0) / 1024, cpuSeconds: ticks / 100 }
}

async function readRuns(directory: string): Promise<FeedRun[]> {
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const messages = await bus.admin.peek('feed-runs', { partition: 0, limit: 100_000 })
  await bus.close()
  return messages.map((message) => JSON.parse(message.value.toString()) as FeedRun)
}
