import { StreamForgeError } from '@streamforge/contracts'
import { fewestBacktestBars, isPresent, type MarketBars } from '@streamforge/models'
import type { AgentStage } from './agent-stage.ts'

/** Share of a row's features that an agent needs to decide. */
const knownShare = 0.5

/**
 * Refuses bars of which an agent would see next to nothing, and therefore never trade.
 * @throws StreamForgeError TOO_FEW_BARS
 */
export function checkFeatures(bars: MarketBars, { folds, featureNames }: AgentStage): void {
  for (const fold of folds) {
    for (const name of ['train', 'test'] as const) {
      const { from, to } = fold[name]
      const known = countKnown(bars, from, to)
      if (known >= fewestBacktestBars) continue
      throw new StreamForgeError('TOO_FEW_BARS', `in the ${name} part ${known} of ${to - from} bars of ${bars.symbol} have at least half of the ${featureNames.length} features; ${fewestBacktestBars} are needed`, {
        remedy: 'load a longer range, or bars without gaps: after each missing bar features begin anew, and the longest need 48 bars (docs/FEATURES.md)', details: { symbol: bars.symbol, part: name },
      })
    }
  }
}

function countKnown(bars: MarketBars, from: number, to: number): number {
  const width = bars.featureNames.length
  let count = 0
  for (let index = from; index < to; index++) {
    if (!isPresent(bars, index)) continue
    let known = 0
    for (let at = index * width; at < (index + 1) * width; at++) if (!Number.isNaN(bars.features[at]!)) known++
    if (known >= knownShare * width) count++
  }
  return count
}
