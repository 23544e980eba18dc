import { join } from 'node:path'
import type { SentimentScorer } from '@streamforge/market'
import { trainBagOfWords } from './bag-of-words.ts'
import { scoreClassification, type ClassificationScores } from './classification-scores.ts'
import { readPosts, type LabelledPost } from './read-posts.ts'

/** How one way of telling bullish from bearish posts did on posts that nothing was fitted to. */
export interface SentimentRow {
  name: string
  scores: ClassificationScores
  /** Of a scorer: share of posts that it does not call neutral, and its accuracy on those. */
  decided?: { share: number; scores: ClassificationScores }
}

export interface SentimentEvaluation {
  train: number
  test: number
  bullishShare: number
  rows: SentimentRow[]
  seconds: number
}

/** @param folder shared/data/news. The file of validation posts is the test: nothing is tuned on it */
export async function evaluateSentiment(folder: string, scorers: readonly SentimentScorer[], { seed }: { seed: number }): Promise<SentimentEvaluation> {
  const started = performance.now()
  const train = await readPosts(join(folder, 'stockemotions_train.csv.gz'))
  const test = await readPosts(join(folder, 'stockemotions_val.csv.gz'))
  const truth = test.map(({ bullish }) => bullish)
  const majority = train.filter(({ bullish }) => bullish).length * 2 >= train.length
  const learnt = trainBagOfWords(train.map(({ text, bullish }) => ({ text, positive: bullish })), seed)
  const rows: SentimentRow[] = [
    { name: 'majority class', scores: scoreClassification(truth, truth.map(() => majority), seed) },
    { name: 'bag of words, logistic regression', scores: scoreClassification(truth, test.map(({ text }) => learnt(text) >= 0.5), seed) },
  ]
  for (const scorer of scorers) rows.push(await judge(scorer, test, { majority, seed }))
  return { train: train.length, test: test.length, bullishShare: truth.filter(Boolean).length / truth.length, rows, seconds: (performance.now() - started) / 1000 }
}

/** The sign of the score is the answer; where it is 0 the majority class is. */
async function judge(scorer: SentimentScorer, posts: readonly LabelledPost[], { majority, seed }: { majority: boolean; seed: number }): Promise<SentimentRow> {
  const answers = await scorer.score(posts.map(({ text }) => text))
  const truth = posts.map(({ bullish }) => bullish)
  const decided = answers.flatMap(({ label }, i) => (label === 'neutral' ? [] : [i]))
  return {
    name: `${scorer.name} ${scorer.version}`,
    scores: scoreClassification(truth, answers.map(({ score }) => (score === 0 ? majority : score > 0)), seed),
    decided: { share: decided.length / posts.length, scores: scoreClassification(decided.map((i) => truth[i]!), decided.map((i) => answers[i]!.score > 0), seed) },
  }
}
