import { expect, it } from 'vitest'
import { createCartPole } from './cart-pole.ts'
import { createDqn, epsilonAt, greedyAction, stepDqn, type DqnOptions } from './dqn.ts'
import { writeDqnCheckpoint } from './dqn-checkpoint.ts'
import type { Environment } from './environment.ts'
import { trainDqn, type TrainDqnInput } from './train-dqn.ts'

const options: DqnOptions = {
  hidden: 16, learningRate: 0.001, discount: 0.9, batchSize: 16, trainEvery: 2, gradientSteps: 1, learningStarts: 100, bufferSize: 700, targetEvery: 50, targetShare: 1,
  firstEpsilon: 1, lastEpsilon: 0.05, exploringSteps: 800, longestGradient: 10, double: true, dueling: true,
}
const input = (more: Partial<TrainDqnInput> = {}): TrainDqnInput => ({
  environment: createCartPole(), options, steps: 2_000, seed: 5, reportEvery: 300, fingerprint: 'cart-pole', judge: ({ memory }) => memory.online[7]!, ...more,
})
const bits = (values: Float32Array) => Buffer.from(values.slice().buffer).toString('base64')

/** A store in memory that says after how many writes the training is killed. */
function checkpointStore(killAfter = Infinity) {
  const killed = new AbortController()
  const kept: { bytes?: Uint8Array } = {}
  const discarded: string[] = []
  let writes = 0
  return {
    signal: killed.signal, kept, discarded,
    checkpoints: {
      read: () => Promise.resolve(kept.bytes),
      write: (bytes: Uint8Array) => {
        kept.bytes = bytes
        if (++writes === killAfter) killed.abort(new Error('killed'))
        return Promise.resolve()
      },
      onDiscarded: (reason: string) => void discarded.push(reason),
    },
  }
}

it.each([['double and dueling', {}], ['plain', { double: false, dueling: false }], ['with a target that follows slowly', { targetEvery: 1, targetShare: 0.01 }]])('repeats bit for bit: %s', async (_, changes) => {
  const [first, second] = [await trainDqn(input({ options: { ...options, ...changes } })), await trainDqn(input({ options: { ...options, ...changes } }))]
  expect(bits(first.values)).toBe(bits(second.values))
  expect(first.history).toEqual(second.history)
  expect(bits((await trainDqn(input({ seed: 6 }))).values)).not.toBe(bits(first.values))
})

it.each([1, 2, 4])('killed after checkpoint %i, it comes to the same end as an undisturbed training', async (killAfter) => {
  const undisturbed = await trainDqn(input())
  const { checkpoints, signal, kept } = checkpointStore(killAfter)
  await expect(trainDqn(input({ checkpoints, signal }))).rejects.toThrow('killed')
  let reported = 0
  const resumed = await trainDqn(input({ checkpoints: { ...checkpoints, read: () => Promise.resolve(kept.bytes) }, onReport: () => void reported++ }))
  expect(reported).toBe(7 - killAfter)
  expect(bits(resumed.values)).toBe(bits(undisturbed.values))
  expect(bits(resumed.dqn.memory.online)).toBe(bits(undisturbed.dqn.memory.online))
  expect(resumed.history).toEqual(undisturbed.history)
  expect(resumed.bestSteps).toBe(undisturbed.bestSteps)
})

it('does not use a checkpoint of something else, or one that was altered, and says why', async () => {
  const { checkpoints, kept, discarded, signal } = checkpointStore(2)
  await expect(trainDqn(input({ checkpoints, signal }))).rejects.toThrow('killed')
  const whole = kept.bytes!
  const tryWith = async (bytes: Uint8Array, more: Partial<TrainDqnInput> = {}) => {
    kept.bytes = bytes
    return trainDqn(input({ checkpoints, ...more }))
  }
  const altered = Uint8Array.from(whole)
  altered[altered.length - 9]! ^= 1
  const undisturbed = bits((await trainDqn(input())).values)
  expect(bits((await tryWith(altered)).values)).toBe(undisturbed)
  await tryWith(whole.subarray(0, whole.length - 100))
  await tryWith(whole, { fingerprint: 'another market' })
  await tryWith(Buffer.from('something else'))
  expect(discarded).toEqual(['it is cut off or altered', 'it is cut off or altered', 'it is of other data or another configuration', 'it is not a checkpoint of an agent'])
})

it('takes checkpoints between episodes only', () => {
  const dqn = createDqn(createCartPole(), options, 1)
  stepDqn(dqn)
  expect(() => writeDqnCheckpoint(dqn, { history: [], best: undefined }, '')).toThrow(expect.objectContaining({ code: 'INTERNAL' }) as Error)
})

it('lets chance fall evenly, then stay', () => {
  expect([0, 400, 800, 5_000].map((step) => epsilonAt(options, step))).toEqual([1, 0.525, 0.050000000000000044, 0.05].map((value) => expect.closeTo(value, 9) as number))
})

/** Four rooms in a row; the way to the right is worth 1 at its end, staying in the first 0.2 a step: with a discount of 0.9 the way is better from anywhere. */
function corridor(): Environment {
  let left = 0
  const environment = {
    stateSize: 1, observationSize: 4, actions: 2, reward: 0, terminated: false, truncated: false,
    reset(state: Float32Array) { state[0] = 0; left = 20; environment.terminated = environment.truncated = false },
    step(action: number, state: Float32Array) {
      const room = Math.max(0, state[0]! + (action === 1 ? 1 : -1))
      environment.reward = room === 4 ? 10 : room === 0 ? 0.2 : 0
      environment.terminated = room === 4
      environment.truncated = --left === 0
      state[0] = Math.min(3, room)
    },
    observe(states: Float32Array, from: number, observations: Float32Array, at: number) {
      for (let i = 0; i < 4; i++) observations[at + i] = states[from] === i ? 1 : 0
    },
  }
  return environment
}

it.each([[true, true], [true, false], [false, true], [false, false]])('learns the worth of a way that pays only at its end (double %s, dueling %s)', async (double, dueling) => {
  const environment = corridor()
  const { dqn } = await trainDqn({ environment, options: { ...options, double, dueling, learningRate: 0.003, exploringSteps: 3_000 }, steps: 6_000, seed: 2, reportEvery: 6_000, fingerprint: '' })
  const worths = [0, 1, 2, 3].map((room) => {
    expect(greedyAction(dqn, Float32Array.of(room)), `room ${room}`).toBe(1)
    const { head, architecture: { actions } } = dqn.memory
    return dueling ? head[actions]! + head[1]! - (head[0]! + head[1]!) / 2 : head[1]!
  })
  worths.forEach((worth, room) => expect(worth).toBeCloseTo(10 * 0.9 ** (3 - room), 0))
})
