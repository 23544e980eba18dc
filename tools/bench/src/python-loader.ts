import { assignmentToEnv, dataTopic, type StartCommand } from '@streamforge/contracts'
import { connectBus } from '@streamforge/bus'
import { planShards } from '@streamforge/market'
import { kafkaAvailable, startKafka } from '@streamforge/servers'
import { execFile, spawn } from 'node:child_process'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { startBenchSimulator, warmCandles } from './bench-platform.ts'
import type { BenchmarkResult } from './row.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')
const benchmark = 'loader on Kafka'
const day = 86_400_000

/** loader-api against the classic Python stack: one symbol's 1m candles from the same simulator onto the same broker, processes started cold. */
export async function benchPythonLoader(): Promise<BenchmarkResult> {
  const kafka = await kafkaAvailable()
  if (!kafka.ok) return [{ benchmark, skipped: kafka.reason }]
  const python = await pythonWithStack()
  if (!python) return [{ benchmark, skipped: 'Python 3 with venv and a package registry is needed' }]
  const simulator = await startBenchSimulator({ TIME_RANGE: '2024-04-01:2025-04-01', SYMBOLS: 'BTCUSDT' })
  const broker = await startKafka()
  const bus = await connectBus({ kind: 'kafka', brokers: broker.brokers, clientId: 'bench' })
  try {
    const { serverTime } = await (await fetch(`${simulator.url}/api/v3/time`)).json() as { serverTime: number }
    const { symbols } = await (await fetch(`${simulator.url}/api/v3/exchangeInfo`)).json() as { symbols: { symbol: string }[] }
    const to = Math.floor(serverTime / day) * day
    const task = { symbol: symbols[0]!.symbol, from: to - 360 * day, to, rest: simulator.url, brokers: broker.brokers.join(',') }
    await warmCandles(simulator.url, [task.symbol], task.from, task.to)
    const ours: number[] = []
    const theirs: number[] = []
    let records = 0
    for (let round = 0; round < 3; round++) {
      for (const [list, load] of [[theirs, loadWithPython.bind(undefined, python)], [ours, loadWithStreamForge]] as const) {
        const topic = dataTopic(`bench-${round}-${list === ours ? 'streamforge' : 'python'}`)
        await bus.admin.createTopic({ name: topic, partitions: 1 })
        const { seconds } = await load(task, topic)
        const { partitions } = await bus.admin.describeTopic(topic)
        records = Number(partitions[0]!.latest)
        list.push(records / seconds)
        await bus.admin.deleteTopic(topic)
      }
    }
    const [us, them] = [Math.max(...ours), Math.max(...theirs)]
    return [
      { benchmark, subject: 'aiohttp + uvloop + orjson + aiokafka', value: Math.round(them), unit: 'records/s' },
      { benchmark, subject: 'loader-api', value: Math.round(us), unit: 'records/s', ratio: us / them, baseline: 'the Python loader', target: '>= 2 x' },
    ]
  } finally {
    await bus.close()
    await broker.stop()
    await simulator.stop()
  }
}

interface Task { symbol: string; from: number; to: number; rest: string; brokers: string }

async function loadWithPython(python: string, task: Task, topic: string): Promise<{ seconds: number }> {
  const args = { rest: task.rest, brokers: task.brokers, topic, symbol: task.symbol, interval: '1m', step: 60_000, start: task.from, end: task.to }
  const began = performance.now()
  await run(python, [join(root, 'tools/bench/python/classic_loader.py'), ...Object.entries(args).flatMap(([k, v]) => [`--${k}`, String(v)])])
  return { seconds: (performance.now() - began) / 1000 }
}

async function loadWithStreamForge(task: Task, topic: string): Promise<{ seconds: number }> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-bench-'))
  const start: StartCommand = {
    command: 'start', queue_id: topic.slice(0, -'-data'.length), target: 'loader-producer', venue: 'binance', symbol: task.symbol,
    type: 'api_candles_1m', time_range: `${task.from}:${task.to}`, kafka_topic: topic, collection_name: 'bench', telemetry_id: 'loader-producer__bench',
    image: 'loader-api', attempt: 1, shards: planShards(task, 'api_candles_1m'), checkpoint: [], timestamp: Date.now() / 1000, source: 'rest',
  }
  const began = performance.now()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning', join(root, 'apps/loader-api/src/main.ts')], {
    env: {
      ...process.env, ...assignmentToEnv(start), DATA_DIR: directory, BUS: 'kafka', KAFKA_BROKERS: task.brokers,
      BINANCE_REST_URL: task.rest, VENUE_WEIGHT_LIMIT: '0', LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(child, 'exit') as [number]
  const seconds = (performance.now() - began) / 1000
  await rm(directory, { recursive: true, force: true })
  if (code !== 0) throw new Error(`loader-api ended with ${code}`)
  return { seconds }
}

/** A virtual environment with the stack, made once in the user's cache; undefined where that cannot be. */
async function pythonWithStack(): Promise<string | undefined> {
  const environment = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'streamforge', 'classic-python-1')
  const python = join(environment, 'bin', 'python')
  const done = join(environment, 'complete')
  if (await access(done).then(() => true, () => false)) return python
  try {
    await run('python3', ['-m', 'venv', environment])
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', join(root, 'tools/bench/python/requirements.txt')])
    await run(python, ['-c', `open(${JSON.stringify(done)}, 'w').close()`])
    return python
  } catch {
    return undefined
  }
}
