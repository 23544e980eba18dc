import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GraphParameters } from '@streamforge/contracts'
import { type AssetSeries, buildRelations, createAssetSeries, seededRandom, seriesKinds } from '@streamforge/models'
import type { BenchmarkResult, BenchmarkRow } from './row.ts'

const run = promisify(execFile)
const pythonFolder = join(import.meta.dirname, '../python')
const environment = join(homedir(), '.cache/streamforge/bench-numpy-2.4.6')
const assets = 500
const bars = 20_000
const repeats = 3
const benchmark = 'asset graph, 500 assets x 20,000 bars'

/**
 * Seconds from the standardised series of all assets to the relations (correlation, lead and lag over three bars, volume with volatility), on one core, and
 * of the correlations alone, from the returns, beside numpy.corrcoef on the same numbers in the same run.
 */
export async function benchGraph(): Promise<BenchmarkResult> {
  const series = createAssetSeries(Array.from({ length: assets }, (_, i) => `A${String(i).padStart(3, '0')}`), bars, 3)
  const returns = fill(series)
  const parameters = GraphParameters.parse({ kinds: ['correlation', 'lead_lag', 'volume_volatility'] })
  const whole = await bestOf(() => buildRelations({ series, assets: series.symbols.map((symbol) => ({ symbol })), articles: [], parameters }))
  const own = await bestOf(() => {
    for (let asset = 0; asset < assets; asset++) series.set('returns', asset, returns.subarray(asset * bars, (asset + 1) * bars))
    return series.correlations('returns', 'returns')
  })
  const row = (subject: string, seconds: number): BenchmarkRow => ({ benchmark, subject, value: Number(seconds.toFixed(2)), unit: 's' })
  const result: BenchmarkResult = [{ ...row('relations from standardised series, one core', whole.seconds), target: 'under 10 s on two cores' }]
  const peer = await measurePeer(returns).catch((error: Error) => error.message.split('\n', 1)[0]!)
  if (typeof peer === 'string') return [...result, row('correlations', own.seconds), { benchmark: `${benchmark}, numpy`, skipped: peer }]
  const differs = Math.max(Math.abs(peer.first - own.value[1]!), Math.abs(peer.last - own.value.at(-2)!))
  if (differs > 1e-6) throw new Error(`${benchmark}: the correlations differ by ${differs} from numpy's; their times cannot be compared`)
  const baseline = `numpy.corrcoef ${peer.numpy}, its own threads`
  return [...result, { ...row('correlations, one core', own.seconds), ratio: own.seconds / peer.seconds, baseline }, row(baseline, peer.seconds)]
}

/** Noise with a factor in common; returns what the returns were before they were standardised. */
function fill(series: AssetSeries): Float32Array {
  const random = seededRandom(1)
  const noise = () => random() + random() + random() - 1.5
  const market = Float32Array.from({ length: bars }, noise)
  const returns = new Float32Array(assets * bars)
  for (let asset = 0; asset < assets; asset++) {
    for (const kind of seriesKinds) {
      const values = Float32Array.from({ length: bars }, (_, t) => noise() + 0.5 * market[t]!)
      if (kind === 'returns') returns.set(values, asset * bars)
      series.set(kind, asset, values)
    }
  }
  return returns
}

async function bestOf<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  let best = Infinity
  let value: T
  for (let i = 0; i < repeats; i++) {
    const begun = performance.now()
    value = await work()
    best = Math.min(best, (performance.now() - begun) / 1000)
  }
  return { value: value!, seconds: best }
}

/** Rejects when Python, pip or numpy cannot be had. */
async function measurePeer(values: Float32Array): Promise<{ seconds: number; first: number; last: number; numpy: string }> {
  const python = join(environment, 'bin/python')
  if (!existsSync(join(environment, 'installed'))) {
    await run('python3', ['-m', 'venv', '--clear', environment], { timeout: 120_000 })
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', join(pythonFolder, 'requirements-graph.txt')], { timeout: 300_000 })
    await run(python, ['-c', 'import numpy, pathlib, sys; pathlib.Path(sys.prefix, "installed").touch()'], { timeout: 60_000 })
  }
  const folder = await mkdtemp(join(tmpdir(), 'streamforge-bench-graph-'))
  try {
    const file = join(folder, 'returns.f32')
    await writeFile(file, values)
    const { stdout } = await run(python, [join(pythonFolder, 'correlation_peer.py'), file, String(assets), String(bars), String(repeats)], { timeout: 300_000 })
    return JSON.parse(stdout) as Awaited<ReturnType<typeof measurePeer>>
  } finally {
    await rm(folder, { recursive: true })
  }
}
