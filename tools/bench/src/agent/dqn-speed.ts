import { runToEnd } from '@streamforge/servers'
import { resolve } from 'node:path'
import type { BenchmarkResult, BenchmarkRow } from '../row.ts'
import { type CartPoleResult, type CartPoleRun, learnCartPole } from './cart-pole-curve.ts'
import { pythonWithBaselines } from './python-with-baselines.ts'

const peer = resolve(import.meta.dirname, '../../python/dqn_peer.py')

/** Stable-Baselines3's defaults for how often and on how much it trains; 64 x 64 as its MlpPolicy has. Plain, since it knows neither double nor dueling. */
const speedRun: CartPoleRun = {
  steps: 20_000, seed: 1, threads: 2, evaluate_every: 0, solved_at: 475, hidden: 64, learningRate: 0.0001, discount: 0.99, batchSize: 32, trainEvery: 4, gradientSteps: 1,
  learningStarts: 100, bufferSize: 50_000, targetEvery: 10_000, targetShare: 1, firstEpsilon: 1, lastEpsilon: 0.05, exploringSteps: 2_000, longestGradient: 10, double: false, dueling: false,
}

/** The settings that Stable-Baselines3's authors tuned for CartPole (rl-baselines3-zoo), on a network of 64 x 64. */
const curveRun: CartPoleRun = {
  ...speedRun, steps: 50_000, evaluate_every: 2_500, threads: 1, learningRate: 0.0023, batchSize: 64, trainEvery: 256, gradientSteps: 128, learningStarts: 1_000, bufferSize: 100_000,
  targetEvery: 10, lastEpsilon: 0.04, exploringSteps: 8_000,
}

/** Environment steps a second, learning included, on CartPole: the same environment, network and schedule, in turns; the fastest round of each counts. */
export async function benchDqnSpeed(say: (line: string) => void, { rounds = 3 } = {}): Promise<BenchmarkResult> {
  const benchmark = 'DQN on CartPole'
  const python = await pythonWithBaselines(say)
  const fastest = new Map<string, number>()
  const names = new Map<string, string>()
  const note = (key: string, { description, steps, seconds }: CartPoleResult) => {
    names.set(key, description)
    fastest.set(key, Math.max(fastest.get(key) ?? 0, steps / seconds))
  }
  for (let round = 1; round <= rounds; round++) {
    say(`DQN on CartPole, round ${round} of ${rounds}`)
    note('own', learnCartPole(speedRun))
    note('double', { ...learnCartPole({ ...speedRun, batchSize: 64, double: true, dueling: true }), description: 'StreamForge, double and dueling, batch 64' })
    if ('python' in python) for (const threads of [1, 2]) note(`peer ${threads}`, await runPeer(python.python, { ...speedRun, threads }))
  }
  const theirs = Math.max(fastest.get('peer 1') ?? 0, fastest.get('peer 2') ?? 0)
  const rows = [...fastest].map(([key, value]): BenchmarkRow => ({
    benchmark, subject: `${names.get(key)!}${key.startsWith('peer') ? `, ${key.slice(5)} threads` : ''}`, value: Math.round(value), unit: 'steps/s',
    ...(theirs > 0 && !key.startsWith('peer') && { ratio: value / theirs, baseline: "Stable-Baselines3's better" }),
    ...(key === 'own' && { target: '>= 5,000 and 1 x', met: value >= 5_000 && value >= theirs }),
  }))
  return 'reason' in python ? [{ benchmark: `${benchmark}, beside Stable-Baselines3`, skipped: python.reason }, ...rows] : rows
}

/** Steps until a mean return of 475 over 100 greedy episodes, and the learning curves. */
export async function benchCartPole(say: (line: string) => void, { seeds = [1, 2, 3] } = {}): Promise<BenchmarkResult> {
  const benchmark = 'CartPole solved'
  const python = await pythonWithBaselines(say)
  const own = seeds.map((seed) => learnCartPole({ ...curveRun, seed }))
  const better = seeds.map((seed) => learnCartPole({ ...curveRun, seed, double: true, dueling: true }))
  const peers: CartPoleResult[] = []
  for (const seed of 'python' in python ? seeds : []) {
    say(`CartPole, Stable-Baselines3, seed ${seed}`)
    peers.push(await runPeer((python as { python: string }).python, { ...curveRun, seed }))
  }
  const subjects: [string, CartPoleResult[]][] = [['StreamForge, plain', own], ['StreamForge, double and dueling', better], ...(peers.length > 0 ? [[peers[0]!.description, peers] as [string, CartPoleResult[]]] : [])]
  for (const [name, results] of subjects) for (const [i, { curve }] of results.entries()) say(`${name}, seed ${seeds[i]}: ${curve.map(([steps, mean]) => `${steps / 1000}k ${mean}`).join(', ')}`)
  const rows = subjects.flatMap(([name, results]) => results.map(({ solved, curve, steps }, i): BenchmarkRow => ({
    benchmark, subject: `${name}, seed ${seeds[i]}`, value: solved ?? steps, unit: solved === null ? `steps, NOT solved; best mean return ${Math.max(...curve.map(([, mean]) => mean))}` : 'steps',
  })))
  return 'reason' in python ? [{ benchmark: `${benchmark}, beside Stable-Baselines3`, skipped: python.reason }, ...rows] : rows
}

async function runPeer(python: string, run: CartPoleRun): Promise<CartPoleResult> {
  const { status, output } = await runToEnd(python, [peer, JSON.stringify(run)])
  const line = output.split('\n').findLast((text) => text.startsWith('{'))
  if (status !== 0 || !line) throw new Error(`${peer} ended with status ${status}: ${output.slice(-1000)}`)
  return JSON.parse(line) as CartPoleResult
}
