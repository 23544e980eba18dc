import type { Environment } from './environment.ts'

/**
 * A pole on a cart that is pushed left (0) or right (1): 1 for every step until it falls beyond 12 degrees or the cart leaves 2.4 m, at most 500.
 * Dynamics and constants of Barto, Sutton and Anderson 1983 (Neuronlike adaptive elements that can solve difficult learning control problems), Euler's
 * method with 0.02 s, as in Gymnasium's CartPole-v1. What learners of all kinds are checked with.
 */
export function createCartPole(): Environment {
  const environment = {
    stateSize: 4, observationSize: 4, actions: 2, reward: 1, terminated: false, truncated: false,
    reset(state: Float32Array, random: { next(): number }) {
      steps = 0
      environment.terminated = environment.truncated = false
      for (let i = 0; i < 4; i++) state[i] = 0.1 * random.next() - 0.05
    },
    step(action: number, state: Float32Array) {
      move(state, action === 1 ? pushNewtons : -pushNewtons)
      steps++
      environment.terminated = Math.abs(state[0]!) > farthestMetres || Math.abs(state[2]!) > widestRadians
      environment.truncated = steps >= longestEpisode
    },
    observe(states: Float32Array, from: number, observations: Float32Array, at: number) {
      for (let i = 0; i < 4; i++) observations[at + i] = states[from + i]!
    },
  }
  let steps = 0
  return environment
}

const gravity = 9.8
const poleKilograms = 0.1
const totalKilograms = 1.1
const halfPoleMetres = 0.5
const pushNewtons = 10
const stepSeconds = 0.02
const farthestMetres = 2.4
const widestRadians = (12 * Math.PI) / 180
const longestEpisode = 500

function move(state: Float32Array, force: number): void {
  const [x, speed, angle, turn] = [state[0]!, state[1]!, state[2]!, state[3]!]
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const push = (force + poleKilograms * halfPoleMetres * turn * turn * sine) / totalKilograms
  const turning = (gravity * sine - cosine * push) / (halfPoleMetres * (4 / 3 - (poleKilograms * cosine * cosine) / totalKilograms))
  const acceleration = push - (poleKilograms * halfPoleMetres * turning * cosine) / totalKilograms
  state[0] = x + stepSeconds * speed
  state[1] = speed + stepSeconds * acceleration
  state[2] = angle + stepSeconds * turn
  state[3] = turn + stepSeconds * turning
}
