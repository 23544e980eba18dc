import type { AssetRelations, Panel } from '../panel.ts'
import { emptyPanel, forwardReturns } from '../panel.ts'
import { seededRandom } from '../seeded-random.ts'

export interface PlantedMarket {
  panel: Panel
  /** Kind lead_lag: each follower hears its leader, and some that do not matter. */
  relations: AssetRelations
}

const barMs = 300_000

/**
 * A market of which everything is known: the first half of the assets moves at random; each of the others follows one of them by one bar, with noise.
 * From its own past an asset cannot be forecast. `shuffled` takes the outcomes from bars drawn at random: nothing can be forecast.
 */
export function plantMarket(options: { bars: number; assets: number; seed: number; shuffled?: boolean }): PlantedMarket {
  const { bars, assets, seed } = options
  const random = seededRandom(seed)
  const half = assets / 2
  const moves = new Float64Array(bars * assets)
  for (let i = 0; i < moves.length; i++) {
    const n = i % assets
    const leader = n < half || i < assets ? 0 : moves[i - assets - half]!
    moves[i] = n < half ? 0.01 * normal(random) : 0.8 * leader + 0.004 * normal(random)
  }
  const symbols = Array.from({ length: assets }, (_, n) => `ASSET${n}`)
  const panel = emptyPanel(symbols, ['return_1', 'range', 'noise'], Float64Array.from({ length: bars }, (_, t) => t * barMs), 1)
  moves.forEach((move, i) => {
    panel.close[i] = (panel.close[i - assets] ?? 100) * (1 + move)
    panel.knownTimes[i] = panel.openTimes[Math.floor(i / assets)]! + barMs
    panel.features.set([move, Math.abs(move), normal(random)], 3 * i)
  })
  const returns = forwardReturns(panel.close, assets, 1)
  return { panel: { ...panel, returns: options.shuffled ? drawBars(returns, assets, random) : returns }, relations: relate(assets, random) }
}

function relate(assets: number, random: () => number): AssetRelations {
  const half = assets / 2
  const weights = new Float32Array(assets * assets)
  for (let n = half; n < assets; n++) {
    weights[n * assets + n - half] = 0.8
    weights[n * assets + Math.floor(random() * half)] ||= 0.2
  }
  return { kinds: ['lead_lag'], weights: [weights] }
}

function drawBars(returns: Float32Array, assets: number, random: () => number): Float32Array {
  const known = returns.length / assets - 1
  const drawn = new Float32Array(returns.length).fill(NaN)
  for (let t = 0; t < known; t++) {
    const from = Math.floor(random() * known) * assets
    drawn.set(returns.subarray(from, from + assets), t * assets)
  }
  return drawn
}

/** Box and Muller. */
const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
