import { expect, it } from 'vitest'
import { createReplayBuffer, drawSteps, rememberStep } from './replay-buffer.ts'
import { resumableRandom } from './resumable-random.ts'

it('keeps the newest steps, and draws among them only', () => {
  const buffer = createReplayBuffer(5, 2)
  for (let i = 0; i < 13; i++) {
    rememberStep(buffer, Float32Array.of(i, -i), i % 3, i / 2, Float32Array.of(i + 1, -i - 1), i % 4 === 0)
    expect(buffer.size).toBe(Math.min(i + 1, 5))
    const places = new Uint32Array(50)
    drawSteps(buffer, places, resumableRandom(i))
    const kept = new Set(Array.from(places, (place) => buffer.states[2 * place]!))
    expect(Math.max(...kept)).toBeLessThanOrEqual(i)
    expect(Math.min(...kept)).toBeGreaterThanOrEqual(Math.max(0, i - 4))
    for (const place of places) {
      const step = buffer.states[2 * place]!
      expect([...buffer.nextStates.subarray(2 * place, 2 * place + 2)]).toEqual([step + 1, -step - 1])
      expect([buffer.actions[place], buffer.rewards[place], buffer.terminated[place]]).toEqual([step % 3, step / 2, step % 4 === 0 ? 1 : 0])
    }
  }
})

it('draws every step about equally often', () => {
  const buffer = createReplayBuffer(10, 1)
  for (let i = 0; i < 10; i++) rememberStep(buffer, Float32Array.of(i), 0, 0, Float32Array.of(i), false)
  const places = new Uint32Array(20_000)
  drawSteps(buffer, places, resumableRandom(3))
  for (let i = 0; i < 10; i++) expect(Math.abs(places.filter((place) => place === i).length - 2_000)).toBeLessThan(200)
})
