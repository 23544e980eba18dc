import type { Environment } from './environment.ts'
import { actionValue, bestAction, firstParameters, meanAdvantage, type QArchitecture } from './q-network.ts'
import { openQMemory, type QMemory } from './q-memory.ts'
import { createReplayBuffer, drawSteps, rememberStep, type ReplayBuffer } from './replay-buffer.ts'
import { resumableRandom, type ResumableRandom } from './resumable-random.ts'

/** How a deep Q-network learns (Mnih et al. 2015). */
export interface DqnOptions {
  /** Units of each of the two hidden layers. */
  hidden: number
  learningRate: number
  /** Worth of a reward one step later, 0 to 1. */
  discount: number
  batchSize: number
  /** Environment steps between trainings, and steps of gradient descent in each. */
  trainEvery: number
  gradientSteps: number
  /** Steps taken before the first training. */
  learningStarts: number
  /** Steps that are remembered. */
  bufferSize: number
  /** Environment steps between updates of the target network, and the share by which it then follows: 1 copies. */
  targetEvery: number
  targetShare: number
  /** Chance of an action at random: falls evenly from the first to the last over so many steps. */
  firstEpsilon: number
  lastEpsilon: number
  exploringSteps: number
  longestGradient: number
  /** The action of the next state is chosen by the network, its worth told by the target (van Hasselt et al. 2016). */
  double: boolean
  /** A network of value and advantages (Wang et al. 2016). */
  dueling: boolean
}

/** An agent that learns in an environment. All that decides how it goes on, between two episodes, is here: see dqn-checkpoint.ts. */
export interface Dqn {
  readonly options: DqnOptions
  readonly environment: Environment
  readonly memory: QMemory
  readonly buffer: ReplayBuffer
  readonly random: ResumableRandom
  /** Environment steps and steps of gradient descent so far. */
  steps: number
  updates: number
  episodes: number
  /** Since they were last set to 0, see {@link takeTally}. */
  tally: { steps: number; reward: number; updates: number; loss: number; episodes: number; returns: number }
  /** Of the episode that goes on. */
  episodeReturn: number
  /** Where the environment stands; undefined between episodes. */
  state: Float32Array | undefined
  readonly spare: { next: Float32Array; current: Float32Array; places: Uint32Array; choices: Uint8Array; worths: Float32Array }
}

export function createDqn(environment: Environment, options: DqnOptions, seed: number): Dqn {
  const { hidden, dueling, batchSize, bufferSize } = options
  const { observationSize: inputs, actions, stateSize } = environment
  const architecture: QArchitecture = { inputs, hidden, actions, dueling }
  const memory = openQMemory(architecture, batchSize)
  memory.online.set(firstParameters(architecture, seed))
  memory.follow(1)
  return {
    options, environment, memory, buffer: createReplayBuffer(bufferSize, stateSize), random: resumableRandom(seed + 1), steps: 0, updates: 0, episodes: 0,
    tally: emptyTally(), episodeReturn: 0, state: undefined,
    spare: {
      current: new Float32Array(stateSize), next: new Float32Array(stateSize), places: new Uint32Array(batchSize), choices: new Uint8Array(batchSize),
      worths: new Float32Array(batchSize),
    },
  }
}

const emptyTally = (): Dqn['tally'] => ({ steps: 0, reward: 0, updates: 0, loss: 0, episodes: 0, returns: 0 })

/** What came together since the last call. */
export function takeTally(dqn: Dqn): Dqn['tally'] {
  const { tally } = dqn
  dqn.tally = emptyTally()
  return tally
}

export function epsilonAt({ firstEpsilon, lastEpsilon, exploringSteps }: DqnOptions, step: number): number {
  return step >= exploringSteps ? lastEpsilon : firstEpsilon + (lastEpsilon - firstEpsilon) * (step / exploringSteps)
}

/** Takes one step in the environment and learns when it is time. Between two episodes `state` is undefined. */
export function stepDqn(dqn: Dqn): void {
  const { environment, options, spare, buffer, random, tally } = dqn
  const state = dqn.state ?? beginEpisode(dqn)
  const action = random.next() < epsilonAt(options, dqn.steps) ? random.below(environment.actions) : greedyAction(dqn, state)
  spare.next.set(state)
  environment.step(action, spare.next)
  rememberStep(buffer, state, action, environment.reward, spare.next, environment.terminated)
  dqn.steps++
  dqn.episodeReturn += environment.reward
  tally.steps++
  tally.reward += environment.reward
  state.set(spare.next)
  if (environment.terminated || environment.truncated) endEpisode(dqn)
  if (dqn.steps > options.learningStarts && dqn.steps % options.trainEvery === 0) for (let i = 0; i < options.gradientSteps; i++) descend(dqn)
  if (dqn.steps % options.targetEvery === 0) dqn.memory.follow(options.targetShare)
}

function beginEpisode(dqn: Dqn): Float32Array {
  dqn.state = dqn.spare.current
  dqn.episodeReturn = 0
  dqn.environment.reset(dqn.state, dqn.random)
  return dqn.state
}

function endEpisode(dqn: Dqn): void {
  dqn.state = undefined
  dqn.episodes++
  dqn.tally.episodes++
  dqn.tally.returns += dqn.episodeReturn
}

/** What the network holds to be best. */
export function greedyAction({ environment, memory }: Pick<Dqn, 'environment' | 'memory'>, state: Float32Array): number {
  environment.observe(state, 0, memory.observations, 0)
  memory.forward('online', 1)
  return bestAction(memory.head, 0, memory.architecture)
}

/** One step of gradient descent on the Huber loss of a batch drawn from what is remembered. */
function descend(dqn: Dqn): void {
  const { options, memory, buffer, spare, random, tally } = dqn
  const { batchSize, learningRate, longestGradient } = options
  drawSteps(buffer, spare.places, random)
  nextWorths(dqn)
  lookAt(dqn, buffer.states)
  memory.forward('online', batchSize)
  tally.loss += setSlopes(dqn)
  tally.updates++
  dqn.updates++
  memory.learn(batchSize, { learningRate, longestGradient, steps: dqn.updates })
}

function lookAt({ environment, memory, buffer, spare: { places } }: Dqn, states: Float32Array): void {
  for (let i = 0; i < places.length; i++) environment.observe(states, places[i]! * buffer.stateSize, memory.observations, i * environment.observationSize)
}

/** What each step of the batch is worth: its reward, and what its next state is expected to bring. */
function nextWorths(dqn: Dqn): void {
  const { options: { double, discount, batchSize }, memory, buffer, spare: { places, choices, worths } } = dqn
  const { architecture, head, headWidth } = memory
  lookAt(dqn, buffer.nextStates)
  memory.forward(double ? 'online' : 'target', batchSize)
  for (let i = 0; i < batchSize; i++) choices[i] = bestAction(head, i * headWidth, architecture)
  if (double) memory.forward('target', batchSize)
  for (let i = 0; i < batchSize; i++) {
    const row = i * headWidth
    const place = places[i]!
    const later = buffer.terminated[place] === 1 ? 0 : actionValue(head, row, choices[i]!, architecture, meanAdvantage(head, row, architecture))
    worths[i] = buffer.rewards[place]! + discount * later
  }
}

/** The slope of the mean Huber loss (threshold 1) by each output of the head; gives the loss. */
function setSlopes({ options: { batchSize }, memory, buffer, spare: { places, worths } }: Dqn): number {
  const { architecture, head, headWidth, slopes } = memory
  const { actions, dueling } = architecture
  let loss = 0
  slopes.fill(0)
  for (let i = 0; i < batchSize; i++) {
    const row = i * headWidth
    const action = buffer.actions[places[i]!]!
    const error = actionValue(head, row, action, architecture, meanAdvantage(head, row, architecture)) - worths[i]!
    const size = Math.abs(error)
    loss += size <= 1 ? 0.5 * error * error : size - 0.5
    const slope = Math.max(-1, Math.min(1, error)) / batchSize
    slopes[row + action] = slope
    if (!dueling) continue
    // Q = V + A(action) - mean(A): the mean takes its share from every action.
    for (let other = 0; other < actions; other++) slopes[row + other]! -= slope / actions
    slopes[row + actions] = slope
  }
  return loss / batchSize
}
