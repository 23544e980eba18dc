import type { ResumableRandom } from './resumable-random.ts'

/**
 * What an agent learns in. A state is what must be kept of a moment, and may be far smaller than the observation that a network sees: replay
 * buffers keep states. Nothing allocates: learning takes tens of thousands of steps a second.
 */
export interface Environment {
  /** Numbers of a state; float32. */
  readonly stateSize: number
  /** Numbers of an observation. */
  readonly observationSize: number
  readonly actions: number
  /** Of the last step. */
  readonly reward: number
  /** The last step has led to an end after which nothing more can be earned. */
  readonly terminated: boolean
  /** The episode is over though it might have gone on: what comes after still counts in the value of its last state. */
  readonly truncated: boolean
  /** Begins an episode. */
  reset(state: Float32Array, random: ResumableRandom): void
  /** Takes an action, and leaves where it led to in `state`. */
  step(action: number, state: Float32Array): void
  /** What is to be seen in the state that begins at `from`, written from `at` on. */
  observe(states: Float32Array, from: number, observations: Float32Array, at: number): void
}
