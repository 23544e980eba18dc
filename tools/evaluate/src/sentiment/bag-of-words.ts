import { splitWords } from '@streamforge/market'
import { seededRandom } from '@streamforge/models'

/** Says how likely a text is of the first class, 0 to 1. */
export type TextClassifier = (text: string) => number

interface Example { text: string; positive: boolean }

const fewestTexts = 3
const epochs = 12
const l2 = 1e-4
const step = 0.5

/**
 * Logistic regression on which words and pairs of words a text has (those of at least three texts), by stochastic gradient descent with falling steps: what a
 * simple learner makes of the same texts. Repeats with its seed.
 */
export function trainBagOfWords(examples: readonly Example[], seed: number): TextClassifier {
  const places = vocabulary(examples.map(({ text }) => text))
  const rows = examples.map(({ text }) => placesOf(text, places))
  const weights = new Float64Array(places.size + 1)
  const bias = places.size
  const random = seededRandom(seed)
  const order = rows.map((_, index) => index)
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random)
    const rate = step / (1 + epoch)
    for (const index of order) {
      const row = rows[index]!
      const miss = (examples[index]!.positive ? 1 : 0) - probability(row, weights, bias)
      for (const place of row) weights[place]! += rate * (miss / Math.sqrt(row.length) - l2 * weights[place]!)
      weights[bias]! += rate * 0.1 * miss
    }
  }
  return (text) => probability(placesOf(text, places), weights, bias)
}

function termsOf(text: string): Set<string> {
  const words = splitWords(text)
  return new Set([...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)])
}

function vocabulary(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) for (const term of termsOf(text)) counts.set(term, (counts.get(term) ?? 0) + 1)
  return new Map([...counts].filter(([, count]) => count >= fewestTexts).map(([term], place) => [term, place]))
}

const placesOf = (text: string, places: ReadonlyMap<string, number>) => [...termsOf(text)].flatMap((term) => places.get(term) ?? [])

function probability(row: readonly number[], weights: Float64Array, bias: number): number {
  const sum = row.reduce((total, place) => total + weights[place]!, 0)
  return 1 / (1 + Math.exp(-(sum / Math.sqrt(row.length || 1) + weights[bias]!)))
}

/** Fisher and Yates. */
function shuffle(values: number[], random: () => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[values[i], values[j]] = [values[j]!, values[i]!]
  }
}
