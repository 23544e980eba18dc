import type { ParameterSpec } from '../tensors/parameters.ts'
import { seededRandom } from '../seeded-random.ts'

/** Two hidden layers with relu; a dueling network has a value beside its advantages (Wang et al. 2016). */
export interface QArchitecture {
  inputs: number
  hidden: number
  actions: number
  dueling: boolean
}

/** One dense layer among the parameters; places and widths in numbers. `width`: its columns, filled up with zeros to a multiple of 4. */
export interface QLayer {
  name: string
  inputs: number
  width: number
  outputs: number
  kernel: number
  bias: number
}

/**
 * Parameters lie as the kernels want them: each layer's kernel [inputs, width], then its bias [width]. Columns that fill up are zeros and stay
 * zeros, since nothing comes out of them and so no slope comes back.
 */
export interface QLayout {
  layers: readonly [QLayer, QLayer, QLayer]
  size: number
}

const filledUp = (count: number) => 4 * Math.ceil(count / 4)

/** Outputs of the head: an advantage (or value) for each action, then, of a dueling network, the value of the state. */
export const headOutputs = ({ actions, dueling }: QArchitecture) => actions + (dueling ? 1 : 0)

export function layoutOf(architecture: QArchitecture): QLayout {
  const { inputs, hidden } = architecture
  const wide = filledUp(hidden)
  let size = 0
  const layer = (name: string, from: number, outputs: number): QLayer => {
    const width = filledUp(outputs)
    const placed = { name, inputs: from, width, outputs, kernel: size, bias: size + from * width }
    size += (from + 1) * width
    return placed
  }
  const layers = [layer('layer0', inputs, hidden), layer('layer1', wide, hidden), layer('head', wide, headOutputs(architecture))] as const
  return { layers: [...layers], size }
}

/**
 * Kernels and biases begin with uniform numbers within 1 / sqrt(inputs), as PyTorch's linear layers do. Biases that begin at 0 would make a relu network
 * homogeneous, f(k x) = k f(x): on states near 0 its values then grow with the distance from 0, and learning from its own values runs away.
 */
export function firstParameters(architecture: QArchitecture, seed: number): Float32Array {
  const random = seededRandom(seed)
  const { inputs, hidden } = architecture
  return unpackParameters(architecture, Float32Array.from(qSpecs(architecture).flatMap(({ name, shape }) => {
    const bound = 1 / Math.sqrt(name.startsWith('layer0') ? inputs : hidden)
    return Array.from({ length: shape.reduce((size, length) => size * length, 1) }, () => (2 * random() - 1) * bound)
  })))
}

/** Without what fills up, in the order of the specs: what is saved. */
export function packParameters(architecture: QArchitecture, values: Float32Array): Float32Array {
  return Float32Array.from(placesOfWeights(architecture), (place) => values[place]!)
}

export function unpackParameters(architecture: QArchitecture, packed: Float32Array): Float32Array {
  const values = new Float32Array(layoutOf(architecture).size)
  placesOfWeights(architecture).forEach((place, i) => { values[place] = packed[i]! })
  return values
}

/** Names and shapes of what is saved. */
export function qSpecs(architecture: QArchitecture): ParameterSpec[] {
  const { inputs, hidden } = architecture
  const layer = (name: string, from: number, to: number) => [{ name: `${name}/kernel`, shape: [from, to], bound: 0 }, { name: `${name}/bias`, shape: [to], bound: 0 }]
  return [...layer('layer0', inputs, hidden), ...layer('layer1', hidden, hidden), ...layer('head', hidden, headOutputs(architecture))]
}

function placesOfWeights(architecture: QArchitecture): number[] {
  const { layers } = layoutOf(architecture)
  return layers.flatMap(({ kernel, bias, width, outputs }, i) => {
    const inputs = i === 0 ? architecture.inputs : architecture.hidden
    const rows = Array.from({ length: inputs }, (_, row) => Array.from({ length: outputs }, (__, column) => kernel + row * width + column))
    return [...rows.flat(), ...Array.from({ length: outputs }, (_, column) => bias + column)]
  })
}

/**
 * The value of action `action` from one row of the head: Q = V + A - mean(A) when dueling (Wang et al. 2016, equation 9).
 * `mean` is {@link meanAdvantage} of the row.
 */
export const actionValue = (head: Float32Array, row: number, action: number, { actions, dueling }: QArchitecture, mean: number) =>
  (dueling ? head[row + actions]! + head[row + action]! - mean : head[row + action]!)

export function meanAdvantage(head: Float32Array, row: number, { actions, dueling }: QArchitecture): number {
  if (!dueling) return 0
  let sum = 0
  for (let action = 0; action < actions; action++) sum += head[row + action]!
  return sum / actions
}

/** The first of the best actions; value and mean are the same for all, so advantages decide. */
export function bestAction(head: Float32Array, row: number, { actions }: QArchitecture): number {
  let best = 0
  for (let action = 1; action < actions; action++) if (head[row + action]! > head[row + best]!) best = action
  return best
}
