import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { lexiconScorer } from '@streamforge/market'
import { expect, it } from 'vitest'
import { trainBagOfWords } from './bag-of-words.ts'
import { accuracy, macroF1, scoreClassification } from './classification-scores.ts'
import { evaluateSentiment } from './evaluate-sentiment.ts'
import { parseCsv, readPosts } from './read-posts.ts'
import { renderSentiment } from './render-sentiment.ts'

const recorded = resolve(import.meta.dirname, '../../../../../shared/data/news')

it('reads values in quotes with commas, line ends and quotes in them', () => {
  expect(parseCsv('a,b\r\n"x, ""y""\nz",2\n,3\n')).toEqual([['a', 'b'], ['x, "y"\nz', '2'], ['', '3']])
})

it('tells the figures of a confusion', () => {
  const confusion = { truePositive: 30, falsePositive: 10, trueNegative: 40, falseNegative: 20 }
  expect(accuracy(confusion)).toBeCloseTo(0.7, 12)
  // 2*30/(60+10+20) and 2*40/(80+20+10)
  expect(macroF1(confusion)).toBeCloseTo((60 / 90 + 80 / 110) / 2, 12)
  const truth = [true, true, true, false, false, true, false, true]
  const scores = scoreClassification(truth, truth.map((value, i) => (i === 0 ? !value : value)), 7)
  expect(scores.confusion).toEqual({ truePositive: 4, falsePositive: 0, trueNegative: 3, falseNegative: 1 })
  expect(scores.accuracy.value).toBe(7 / 8)
  expect(scores.accuracy.low).toBeLessThan(7 / 8)
  expect(scores.accuracy.high).toBe(1)
})

it('learns which words tell, and the same again with its seed', () => {
  const examples = Array.from({ length: 60 }, (_, i) => ({ text: i % 2 ? `gadget soars today ${i}` : `gadget sinks today ${i}`, positive: i % 2 === 1 }))
  const learnt = trainBagOfWords(examples, 1)
  expect(learnt('it soars')).toBeGreaterThan(0.8)
  expect(learnt('it sinks')).toBeLessThan(0.2)
  expect(trainBagOfWords(examples, 1)('it soars')).toBe(learnt('it soars'))
})

it('judges on posts that nothing was fitted to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sf-sentiment-'))
  const file = (name: string, rows: string[]) => writeFile(join(folder, name), gzipSync(`id,senti_label,original\n${rows.join('\n')}\n`))
  await file('stockemotions_train.csv.gz', Array.from({ length: 40 }, (_, i) => (i % 4 ? `${i},bullish,zorb rises` : `${i},bearish,quux falls`)))
  await file('stockemotions_val.csv.gz', ['1,bullish,shares soar after earnings beat', '2,bearish,profit warning and lawsuit', '3,bullish,quux', '4,bearish,a table'])
  const { rows, train, test } = await evaluateSentiment(folder, [lexiconScorer()], { seed: 1 })
  const of = (name: string) => rows.find((row) => row.name.startsWith(name))!
  expect([train, test]).toEqual([40, 4])
  expect(of('majority').scores.confusion).toEqual({ truePositive: 2, falsePositive: 2, trueNegative: 0, falseNegative: 0 })
  // Right on the two that it decides; the two that it does not know go to the majority class of the training part.
  expect(of('lexicon').scores.accuracy.value).toBe(0.75)
  expect(of('lexicon').decided).toMatchObject({ share: 0.5, scores: { accuracy: { value: 1 } } })
  expect(renderSentiment({ rows, train, test, bullishShare: 0.5, seconds: 1 })).toContain('| majority class | 0.500')
  await rm(folder, { recursive: true })
})

it('is better than the majority class on recorded posts, beyond chance', async (test) => {
  if (!existsSync(recorded)) test.skip(`no recorded posts in ${recorded}`)
  const posts = await readPosts(join(recorded, 'stockemotions_val.csv.gz'))
  expect(posts).toHaveLength(1000)
  const answers = await lexiconScorer().score(posts.map(({ text }) => text))
  const scores = scoreClassification(posts.map(({ bullish }) => bullish), answers.map(({ score }) => score >= 0), 42)
  expect(scores.accuracy.low).toBeGreaterThan(posts.filter(({ bullish }) => bullish).length / posts.length)
})
