import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lexiconScorer } from './lexicon-scorer.ts'
import { splitWords } from './split-words.ts'

const scorer = lexiconScorer()
const labelOf = async (text: string) => (await scorer.score([text]))[0]!.label
const scoreOf = async (text: string) => (await scorer.score([text]))[0]!.score

it.each([
  ['Apple beats expectations, raises guidance', 'positive'],
  ['Company announces $10B buyback', 'positive'],
  ['Bitcoin soars to all-time high', 'positive'],
  ['$TSLA to the moon 🚀🚀', 'positive'],
  ['AAPL +4.5%', 'positive'],
  ['Tesla misses delivery estimates, shares plunge 8%', 'negative'],
  ['Analyst downgrades Netflix to sell', 'negative'],
  ['Lawsuit alleges accounting fraud', 'negative'],
  ['Profit warning from retailer', 'negative'],
  ['NFLX -12%', 'negative'],
  ['The annual meeting is on Tuesday', 'neutral'],
  ['', 'neutral'],
] as const)('calls "%s" %s', async (text, label) => {
  expect(await labelOf(text)).toBe(label)
})

it('turns round what is denied, in the same clause only', async () => {
  expect(await labelOf('not a good quarter')).toBe('negative')
  expect(await labelOf("they didn't miss estimates")).toBe('positive')
  expect(await labelOf('why not? a good quarter')).toBe('positive')
})

it('hears what is emphasised, and what comes after a but', async () => {
  expect(await scoreOf('extremely bullish')).toBeGreaterThan(await scoreOf('bullish'))
  expect(await scoreOf('slightly bullish')).toBeLessThan(await scoreOf('bullish'))
  expect(await labelOf('strong quarter but lawsuit')).toBe('negative')
  expect(await labelOf('lawsuit but strong quarter')).toBe('positive')
})

it('takes the longest phrase, not the sum of its words', async () => {
  expect(await labelOf('caught in a bear trap')).toBe('positive')
  expect(await labelOf('caught in a bull trap')).toBe('negative')
  expect(await labelOf('interest rates')).toBe('neutral')
})

it('leaves out addresses, users and tickers', () => {
  expect(splitWords('@fraud says $BEAR #crash: https://scam.example/great +3.5% isn’t 🚀')).toEqual(['says', 'crash', '.', '+3.5%', "isn't", '🚀'])
})

it('answers any text with a score from -1 to 1, always the same', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('no', 'soooo', 'crash', '🚀', 'but', '+1e9%', 'constructor', '__proto__', 'to-the-moon'))), async (words) => {
    const text = words.join(' ')
    const [first] = await scorer.score([text])
    expect(Math.abs(first!.score)).toBeLessThanOrEqual(1)
    expect(Number.isNaN(first!.score)).toBe(false)
    expect((await scorer.score(['other', text]))[1]).toEqual(first)
  }))
})

it('says which scorer and version it is', () => {
  expect(scorer).toMatchObject({ name: 'lexicon', version: expect.stringMatching(/^\d+\.\d+\.\d+\+afinn/) as unknown })
})
