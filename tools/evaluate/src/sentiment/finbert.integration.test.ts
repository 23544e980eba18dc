import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finbertScorer } from '@streamforge/market'
import { transformersFolder } from '@streamforge/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeTinyModel } from './tiny-model.test-support.ts'

const transformers = await transformersFolder()

if (typeof transformers === 'string') {
  it.skip(`judges with a model in ONNX form: ${transformers}`, () => undefined)
} else {
  describe('FinBERT in ONNX form, with a tiny model of the same files', () => {
    const packageFolder = transformers.folder
    let modelFolder: string
    beforeAll(async () => {
      modelFolder = await mkdtemp(join(tmpdir(), 'sf-finbert-'))
      await writeTinyModel(join(modelFolder, 'tiny'), { soars: [0, 0, 4], plunges: [4, 0, 0], meets: [0, 4, 0], not: [2, 0, -3] })
    })
    afterAll(() => rm(modelFolder, { recursive: true }))

    it('judges by its probabilities, the same text always the same, many texts in turn', async () => {
      const scorer = await finbertScorer({ model: 'tiny', modelFolder, packageFolder })
      expect(scorer).toMatchObject({ name: 'finbert', version: 'tiny/fp32' })
      const [good, bad, neither, mixed] = await scorer.score(['The stock soars', 'the stock plunges', 'it meets them', 'soars and plunges'])
      // Softmax of (0, 0, 4): 4 and two zeros.
      const sure = Math.exp(4) / (Math.exp(4) + 2)
      const other = 1 / (Math.exp(4) + 2)
      expect(good).toEqual({ score: expect.closeTo(sure - other, 5) as number, label: 'positive' })
      expect(bad).toEqual({ score: expect.closeTo(other - sure, 5) as number, label: 'negative' })
      expect(neither!.label).toBe('neutral')
      expect(mixed!.score).toBeCloseTo(0, 5)
      const many = await scorer.score(Array.from({ length: 40 }, (_, i) => (i % 3 ? 'soars' : 'a longer text that plunges')))
      expect(many).toHaveLength(40)
      expect(new Set(many.map(({ label }, i) => `${i % 3 === 0}${label}`))).toEqual(new Set(['truenegative', 'falsepositive']))
      await scorer.close()
    })

    it('says which model is missing, and does not ask the hub', async () => {
      await expect(finbertScorer({ model: 'not-there', modelFolder, packageFolder })).rejects.toMatchObject({
        code: 'NOT_FOUND', message: expect.stringContaining(modelFolder) as string, remedy: expect.stringContaining('onnx/model.onnx') as string,
      })
    })

    it('refuses a model that is cut off', async () => {
      await writeTinyModel(join(modelFolder, 'cut'), { soars: [0, 0, 4] })
      await writeFile(join(modelFolder, 'cut', 'onnx', 'model.onnx'), 'not a model')
      await expect(finbertScorer({ model: 'cut', modelFolder, packageFolder })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })
  })
}
