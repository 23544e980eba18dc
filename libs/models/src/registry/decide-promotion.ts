import { type BarSeries, type BootstrapOptions, chanceAbove, measure } from '../block-bootstrap.ts'

/** How the two did on the same bars, which neither has learnt from: higher is better. */
export interface PromotionCase {
  challenger: BarSeries
  /** Undefined: there is none, or it cannot forecast from these features. */
  champion: BarSeries | undefined
  championVersion: number | undefined
  /** What is compared, for people: such as rank_ic. */
  figure: string
  bootstrap: BootstrapOptions
}

export interface PromotionDecision {
  promoted: boolean
  reason: string
}

/** Fewest bars on which two models are compared. */
export const fewestComparedBars = 20

/**
 * A model becomes champion only if its figure on the newest held-out bars is above the champion's. The reason says how sure that is: the share of
 * block-bootstrap resamples in which it holds.
 */
export function decidePromotion({ challenger, champion, championVersion, figure, bootstrap }: PromotionCase): PromotionDecision {
  const own = measure(challenger, bootstrap)
  if (!own) return { promoted: championVersion === undefined, reason: `${figure} cannot be told on the held-out bars${championVersion === undefined ? '; promoted, there is no champion' : ''}` }
  if (championVersion === undefined) return { promoted: true, reason: `there was no champion; ${figure} ${shown(own.value)}` }
  if (!champion) return { promoted: true, reason: `the champion, version ${championVersion}, cannot forecast from these features; ${figure} ${shown(own.value)}` }
  const bars = champion.weights.filter((weight) => weight > 0).length
  if (bars < fewestComparedBars) return { promoted: false, reason: `only ${bars} held-out bars are new to the champion, version ${championVersion}; ${fewestComparedBars} are needed to compare` }
  const theirs = measure(champion, bootstrap)!
  const promoted = own.value > theirs.value
  const chance = Math.round(100 * chanceAbove(challenger, champion, bootstrap))
  return { promoted, reason: `${figure} ${shown(own.value)} against ${shown(theirs.value)} of the champion, version ${championVersion}, on ${bars} held-out bars; above it in ${chance} % of resamples` }
}

const shown = (value: number) => String(Number(value.toPrecision(3)))
