import type { ResumableRandom } from './resumable-random.ts'

/** The newest steps that an agent has taken, in columns; when full, each new one takes the place of the oldest. */
export interface ReplayBuffer {
  readonly capacity: number
  readonly stateSize: number
  /** [capacity, stateSize]. */
  readonly states: Float32Array
  /** [capacity, stateSize]: where each step led to. */
  readonly nextStates: Float32Array
  readonly actions: Uint8Array
  readonly rewards: Float32Array
  /** 1 where nothing more could be earned afterwards. */
  readonly terminated: Uint8Array
  size: number
  /** Where the next step goes. */
  next: number
}

export const createReplayBuffer = (capacity: number, stateSize: number): ReplayBuffer => ({
  capacity, stateSize, states: new Float32Array(capacity * stateSize), nextStates: new Float32Array(capacity * stateSize),
  actions: new Uint8Array(capacity), rewards: new Float32Array(capacity), terminated: new Uint8Array(capacity), size: 0, next: 0,
})

export function rememberStep(
  buffer: ReplayBuffer, state: Float32Array, action: number, reward: number, nextState: Float32Array, terminated: boolean,
): void {
  const { next, stateSize, capacity } = buffer
  buffer.states.set(state, next * stateSize)
  buffer.nextStates.set(nextState, next * stateSize)
  buffer.actions[next] = action
  buffer.rewards[next] = reward
  buffer.terminated[next] = terminated ? 1 : 0
  buffer.next = (next + 1) % capacity
  buffer.size = Math.min(buffer.size + 1, capacity)
}

/** Fills `places` with steps drawn evenly, with replacement. */
export function drawSteps({ size }: ReplayBuffer, places: Uint32Array, random: ResumableRandom): void {
  for (let i = 0; i < places.length; i++) places[i] = random.below(size)
}
