import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const root = resolve(import.meta.dirname, '../../..')
const node = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning']

/** The simulated exchange without weight limits, as a process of its own: the same for whoever is measured against it. */
export async function startBenchSimulator(env: Record<string, string> = {}): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [...node, join(root, 'apps/exchange-simulator/src/main.ts')], {
    env: { ...process.env, PORT: '0', WEIGHT_LIMIT: '0', CACHE_MB: '512', ...env }, stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /"url":"([^"]+)"/.exec(line)?.[1]
    if (!url) continue
    child.stdout.resume()
    return { url, stop: () => end(child) }
  }
  throw new Error('the simulator ended before it was ready')
}

/** queue-manager and the jobs that it launches, in a directory of their own, loading from `exchange`. */
export async function startBenchPlatform(exchange: string, env: Record<string, string> = {}): Promise<{ url: string; dataDir: string; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'streamforge-bench-'))
  const child = spawn(process.execPath, [...node, join(root, 'apps/queue-manager/src/main.ts')], {
    env: {
      ...process.env, DATA_DIR: dataDir, PORT: '0', BINANCE_REST_URL: exchange, BINANCE_ARCHIVE_URL: exchange, VENUE_WEIGHT_LIMIT: '0',
      LOG_LEVEL: 'warn', ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.resume()
  child.stderr.resume()
  const url = await readyUrl(join(dataDir, 'run', 'queue-manager.json'), child)
  return { url, dataDir, async stop() { await end(child); await rm(dataDir, { recursive: true, force: true }) } }
}

async function readyUrl(file: string, child: ChildProcess): Promise<string> {
  while (child.exitCode === null) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text) return (JSON.parse(text) as { url: string }).url
    await once(AbortSignal.timeout(50), 'abort')
  }
  throw new Error('queue-manager ended before it was ready')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** The synthetic market is made when it is first asked for: that is not what is measured. */
export async function warmCandles(url: string, symbols: string[], from: number, to: number) {
  for (const symbol of symbols) {
    for (let start = from; start < to; start += 60_000_000) {
      await (await fetch(`${url}/api/v3/klines?symbol=${symbol}&interval=1m&startTime=${start}&endTime=${to}&limit=1000`)).arrayBuffer()
    }
  }
}
