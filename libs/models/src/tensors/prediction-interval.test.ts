import { expect, it } from 'vitest'
import { seededRandom } from '../seeded-random.ts'
import { errorBand, fitInterval } from './prediction-interval.ts'

it('holds the share of further outcomes that it says, for each asset by itself', () => {
  const random = seededRandom(4)
  const bars = 6000
  // The second asset moves ten times as much; the third has too few outcomes of its own.
  const draw = () => Float32Array.from({ length: 3 * bars }, (_, i) => (i % 3 === 2 && i > 150 ? NaN : (random() - 0.3) * (i % 3 === 1 ? 10 : 1)))
  const interval = fitInterval(new Float32Array(3 * bars), draw(), ['A', 'B', 'C'], 0.8)
  expect(Object.keys(interval.bySymbol)).toEqual(['A', 'B'])
  expect(errorBand(interval, 'C')).toBe(interval.all)
  const further = draw()
  for (const [n, symbol] of ['A', 'B'].entries()) {
    const { low, high } = errorBand(interval, symbol)
    const outcomes = further.filter((_, i) => i % 3 === n)
    const within = outcomes.filter((outcome) => outcome >= low && outcome <= high).length / outcomes.length
    expect(within).toBeGreaterThan(0.78)
    expect(within).toBeLessThan(0.82)
  }
  expect(interval.outcomes).toBe(2 * bars + 50)
})

it('takes all errors where there are few', () => {
  const interval = fitInterval(new Float32Array(5), Float32Array.of(0.3, -0.1, NaN, 0.2, -0.4), ['A'], 0.9)
  expect(interval.all.low).toBeCloseTo(-0.4, 6)
  expect(interval.all.high).toBeCloseTo(0.3, 6)
})

it('does not take a name from the prototype for a symbol', () => {
  const interval = fitInterval(Float32Array.of(0), Float32Array.of(1), ['A'])
  expect(errorBand(interval, 'constructor')).toBe(interval.all)
})
