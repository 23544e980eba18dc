import { StreamForgeError } from '@streamforge/contracts'

/** Bars, `from` included, `to` excluded. */
export interface BarRange {
  from: number
  to: number
}

/**
 * Bars whose rows are learnt from, tuned on and judged by, in this order in time. The window of a row reaches `window - 1` bars back;
 * its target reaches `horizon` bars on.
 */
export interface TimeSplit {
  train: BarRange
  validation: BarRange
  test: BarRange
}

export interface SplitPlan {
  bars: number
  /** Bars that one input window spans. */
  window: number
  /** Bars from a row to the end of its target. */
  horizon: number
  /** Further bars left unused at each border, for what the returns of neighbouring bars have in common. Default 0. */
  embargo?: number
  /** First bars of the validation and the test part; the first part begins with the first complete window. */
  validationFrom: number
  testFrom: number
  /** End of the test part. Default: the last row whose target lies within the bars. */
  testTo?: number
  /** Fewest rows a part must have. Default 1. */
  smallest?: number
}

/**
 * Bars left out at the end of a part: the target of its last row and the input window of the next part's first row share no bar.
 * (Purging after López de Prado, Advances in Financial Machine Learning, chapter 7, made wider by the input window.)
 */
export const purgedBars = ({ window, horizon, embargo = 0 }: Pick<SplitPlan, 'window' | 'horizon' | 'embargo'>) => horizon + window - 1 + embargo

/**
 * Splits bars in time order; the bars that must not be used are taken from the end of the earlier part, so that the tests of several
 * models with different windows are about the same bars.
 * @throws StreamForgeError TOO_FEW_BARS
 */
export function splitTime(plan: SplitPlan): TimeSplit {
  const { bars, window, horizon, validationFrom, testFrom, smallest = 1 } = plan
  const purge = purgedBars(plan)
  const split = {
    train: { from: window - 1, to: validationFrom - purge },
    validation: { from: validationFrom, to: testFrom - purge },
    test: { from: testFrom, to: Math.min(plan.testTo ?? bars, bars - horizon) },
  }
  for (const [name, part] of Object.entries(split)) {
    if (part.to - part.from < smallest) throw tooFewBars(plan, name, part, purge)
  }
  return split
}

/** Borders by shares of the bars, such as 0.7 and 0.15; what is left is the test part. @throws StreamForgeError TOO_FEW_BARS */
export function splitByShare(plan: Omit<SplitPlan, 'validationFrom' | 'testFrom'> & { train: number; validation: number }): TimeSplit {
  const { train, validation, ...rest } = plan
  return splitTime({ ...rest, validationFrom: Math.floor(plan.bars * train), testFrom: Math.floor(plan.bars * (train + validation)) })
}

function tooFewBars(plan: SplitPlan, name: string, part: BarRange, purge: number): StreamForgeError {
  const { bars, window, horizon, smallest = 1 } = plan
  return new StreamForgeError('TOO_FEW_BARS',
    `the ${name} part has ${Math.max(0, part.to - part.from)} rows of the ${bars} bars; at least ${smallest} are needed (window ${window}, horizon ${horizon}, ${purge} bars unused at each border)`, {
      remedy: 'load a longer time range, or take a shorter window', details: { part: name, bars, window, horizon },
    })
}
