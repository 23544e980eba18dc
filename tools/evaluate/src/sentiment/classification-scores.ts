import type { Measured } from '@streamforge/contracts'
import { quantile, seededRandom } from '@streamforge/models'

/** Of two classes: how often which was taken for which. */
export interface Confusion {
  truePositive: number
  falsePositive: number
  trueNegative: number
  falseNegative: number
}

export interface ClassificationScores {
  accuracy: Measured
  /** Mean of the F1 of both classes, each as if it were the one looked for. */
  macroF1: Measured
  confusion: Confusion
}

const resamples = 1_000

/** With 95 % percentile intervals of a bootstrap over the texts, drawn one by one. */
export function scoreClassification(truth: readonly boolean[], answers: readonly boolean[], seed: number): ClassificationScores {
  const random = seededRandom(seed)
  const n = truth.length
  const all = confusionOf(truth, answers, (i) => i)
  const drawn = Array.from({ length: resamples }, () => confusionOf(truth, answers, () => Math.floor(random() * n)))
  const measured = (figure: (confusion: Confusion) => number): Measured => {
    const figures = Float64Array.from(drawn, figure).sort()
    return { value: figure(all), low: quantile(figures, 0.025), high: quantile(figures, 0.975) }
  }
  return { accuracy: measured(accuracy), macroF1: measured(macroF1), confusion: all }
}

function confusionOf(truth: readonly boolean[], answers: readonly boolean[], pick: (i: number) => number): Confusion {
  const counts: Confusion = { truePositive: 0, falsePositive: 0, trueNegative: 0, falseNegative: 0 }
  for (let i = 0; i < truth.length; i++) {
    const at = pick(i)
    if (answers[at]) counts[truth[at] ? 'truePositive' : 'falsePositive']++
    else counts[truth[at] ? 'falseNegative' : 'trueNegative']++
  }
  return counts
}

export const accuracy = ({ truePositive, falsePositive, trueNegative, falseNegative }: Confusion) =>
  (truePositive + trueNegative) / (truePositive + falsePositive + trueNegative + falseNegative)

export function macroF1({ truePositive, falsePositive, trueNegative, falseNegative }: Confusion): number {
  const f1 = (found: number, wrong: number, missed: number) => (found === 0 ? 0 : (2 * found) / (2 * found + wrong + missed))
  return (f1(truePositive, falsePositive, falseNegative) + f1(trueNegative, falseNegative, falsePositive)) / 2
}
