import { describe, expect, it } from 'vitest'
import type { BarSeries } from '../block-bootstrap.ts'
import { seededRandom } from '../seeded-random.ts'
import { decidePromotion } from './decide-promotion.ts'

const bootstrap = { blockBars: 5, resamples: 300, seed: 1 }
const random = seededRandom(4)
const noise = Float64Array.from({ length: 120 }, () => random() - 0.5)
const around = (mean: number, bars = 120): BarSeries => ({ sums: noise.slice(0, bars).map((value) => value + mean), weights: new Float64Array(bars).fill(1) })
const compare = (own: number, champion?: number, bars = 120) => decidePromotion({
  challenger: around(own, bars), champion: champion === undefined ? undefined : around(champion, bars), championVersion: champion === undefined ? undefined : 3, figure: 'rank_ic', bootstrap,
})

describe('a new model', () => {
  it('is promoted where there is no champion, or none that fits', () => {
    expect(compare(-0.1)).toMatchObject({ promoted: true, reason: expect.stringContaining('no champion') })
    expect(decidePromotion({ challenger: around(0), champion: undefined, championVersion: 3, figure: 'rank_ic', bootstrap })).toMatchObject({ promoted: true, reason: expect.stringContaining('version 3') })
  })

  it('is promoted only if it is better on the same bars', () => {
    expect(compare(0.2, 0.1)).toMatchObject({ promoted: true, reason: expect.stringContaining('100 % of resamples') })
    expect(compare(0.1, 0.2)).toMatchObject({ promoted: false, reason: expect.stringContaining('0 % of resamples') })
    expect(compare(0.1, 0.1).promoted).toBe(false)
  })

  it('is not promoted on a handful of bars, nor without a figure', () => {
    expect(compare(0.2, 0.1, 10).promoted).toBe(false)
    const nothing = { sums: new Float64Array(9), weights: new Float64Array(9) }
    expect(decidePromotion({ challenger: nothing, champion: around(0), championVersion: 1, figure: 'rank_ic', bootstrap }).promoted).toBe(false)
  })
})
