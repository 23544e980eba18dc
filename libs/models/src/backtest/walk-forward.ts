import { StreamForgeError } from '@streamforge/contracts'
import type { BarRange } from '../time-split.ts'

export interface Fold {
  train: BarRange
  validation: BarRange
  test: BarRange
}

export interface WalkForwardPlan {
  bars: number
  /** Shares of train, validation and test; they need not sum to 1. */
  parts: readonly [number, number, number]
  /** Into so many folds the test part is cut. */
  walks: number
  /** Bars left out before validation and test: what a state of the next part reaches back. */
  window: number
  /** Fewest bars of a part. */
  smallest: number
}

/**
 * Folds in time order (Pardo, The Evaluation and Optimization of Trading Strategies, chapter 11): each is tested on the next stretch of the test part,
 * tuned on the bars before it, and trained on all bars before those. Between the parts `window` bars are used by none of them.
 * @throws StreamForgeError TOO_FEW_BARS
 */
export function planWalkForward({ bars, parts, walks, window, smallest }: WalkForwardPlan): Fold[] {
  const whole = parts[0] + parts[1] + parts[2]
  const testFrom = Math.floor((bars * (parts[0] + parts[1])) / whole)
  const tuned = testFrom - Math.floor((bars * parts[0]) / whole)
  const border = (walk: number) => testFrom + Math.floor(((bars - testFrom) * walk) / walks)
  return Array.from({ length: walks }, (_, walk): Fold => {
    const from = border(walk)
    const fold = {
      train: { from: 0, to: from - tuned - window }, validation: { from: from - tuned, to: from - window }, test: { from, to: border(walk + 1) },
    }
    for (const [name, part] of Object.entries(fold)) {
      if (part.to - part.from < smallest) throw tooFew(name, part, { bars, smallest, walk, walks })
    }
    return fold
  })
}

function tooFew(name: string, { from, to }: BarRange, { bars, smallest, walk, walks }: { bars: number; smallest: number; walk: number; walks: number }): StreamForgeError {
  const of = walks > 1 ? ` of fold ${walk + 1} of ${walks}` : ''
  return new StreamForgeError('TOO_FEW_BARS', `${bars} bars leave ${Math.max(0, to - from)} for the ${name} part${of}; at least ${smallest} are needed`, {
    remedy: 'load a longer time range, or ask for fewer walks', details: { part: name, bars },
  })
}
