import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sentimentOf } from './finbert-scorer.ts'
import { openScorer } from './open-scorer.ts'
import { finbertScorer } from './finbert-scorer.ts'

it('takes the probability of good less that of bad', () => {
  const classes = [{ label: 'positive', score: 0.7 }, { label: 'Negative', score: 0.1 }, { label: 'neutral', score: 0.2 }]
  expect(sentimentOf(classes, 'a-model')).toEqual({ score: expect.closeTo(0.6, 12) as number, label: 'positive' })
  expect(sentimentOf([{ label: 'neutral', score: 0.5 }, { label: 'negative', score: 0.4 }, { label: 'positive', score: 0.1 }], 'a-model').label).toBe('neutral')
})

it('refuses a model of other classes', () => {
  expect(() => sentimentOf([{ label: 'LABEL_0', score: 1 }], 'a-model')).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH', message: expect.stringContaining('LABEL_0') as string }) as Error)
})

it('says what to install where the package is not there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sf-finbert-'))
  await expect(finbertScorer({ packageFolder: folder })).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE', remedy: expect.stringContaining('npm install') as string })
  await rm(folder, { recursive: true })
})

it('opens the lexicon unless asked for another', async () => {
  expect(await openScorer({ name: 'lexicon' })).toMatchObject({ name: 'lexicon' })
})
