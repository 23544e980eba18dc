import { expect, it } from 'vitest'
import { createCartPole } from './cart-pole.ts'
import { resumableRandom } from './resumable-random.ts'

it('moves as the equations of Barto, Sutton and Anderson say', () => {
  const environment = createCartPole()
  const state = Float32Array.of(0.02, -0.1, 0.05, 0.3)
  environment.step(1, state)
  // Worked out by hand: push (10 + 0.05 * 0.09 * sin 0.05) / 1.1, then Euler's method with 0.02 s.
  const push = (10 + 0.05 * 0.3 ** 2 * Math.sin(0.05)) / 1.1
  const turning = (9.8 * Math.sin(0.05) - Math.cos(0.05) * push) / (0.5 * (4 / 3 - (0.1 * Math.cos(0.05) ** 2) / 1.1))
  const expected = [0.02 - 0.002, -0.1 + 0.02 * (push - (0.05 * turning * Math.cos(0.05)) / 1.1), 0.05 + 0.006, 0.3 + 0.02 * turning]
  expected.forEach((value, i) => expect(state[i]).toBeCloseTo(value, 6))
})

it('ends when the pole falls, and is cut off after 500 steps', () => {
  const environment = createCartPole()
  const state = new Float32Array(4)
  environment.reset(state, resumableRandom(1))
  let steps = 0
  for (; !environment.terminated; steps++) environment.step(1, state)
  expect(steps).toBeGreaterThan(5)
  expect(steps).toBeLessThan(15)
  expect(environment.truncated).toBe(false)
  environment.reset(state, resumableRandom(1))
  for (let i = 0; i < 500; i++) {
    expect(environment.truncated).toBe(false)
    // Held upright by hand: only the count of steps can end it.
    state.fill(0)
    environment.step(i % 2, state)
  }
  expect([environment.terminated, environment.truncated]).toEqual([false, true])
})
