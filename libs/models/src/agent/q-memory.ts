import { type DenseKernels, openDenseKernels } from './dense-kernels.ts'
import { layoutOf, type QArchitecture, type QLayer } from './q-network.ts'

/** A network that learns, its twin that it learns from, and room for one batch, in one block of memory. Arrays are views of it. */
export interface QMemory {
  readonly architecture: QArchitecture
  /** Parameters, laid out as q-network.ts says. */
  readonly online: Float32Array
  /** What future values are taken from: a copy of `online` that follows slowly. */
  readonly target: Float32Array
  /** Adam's running means of the gradient and of its square. */
  readonly mean: Float32Array
  readonly square: Float32Array
  /** [batch, inputs]: what {@link forward} looks at. */
  readonly observations: Float32Array
  /** [batch, headWidth]: what it gives. */
  readonly head: Float32Array
  readonly headWidth: number
  /** [batch, headWidth]: the loss's slope by the head, for {@link learn}. */
  readonly slopes: Float32Array
  forward(of: 'online' | 'target', rows: number): void
  /** One step of Adam down the slopes of the rows that went through `online` last. Gives the length that the gradient had. */
  learn(rows: number, options: LearnOptions): number
  /** Moves the target towards the network: by all (1), or by a share (Polyak averaging). */
  follow(share: number): void
}

export interface LearnOptions {
  learningRate: number
  /** Longer gradients are shortened to it. */
  longestGradient: number
  /** Steps taken with this one. */
  steps: number
}

const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8]

/** Places in numbers, each at a multiple of 4. */
interface Places {
  one: number
  online: number
  target: number
  gradient: number
  mean: number
  square: number
  transposed: number
  observations: number
  values: readonly [number, number, number]
  slopes: readonly [number, number, number]
  total: number
}

export function openQMemory(architecture: QArchitecture, batch: number): QMemory {
  const { layers, size } = layoutOf(architecture)
  const places = planPlaces(architecture, batch)
  const kernels = openDenseKernels(4 * places.total)
  const all = new Float32Array(kernels.memory.buffer)
  const part = (from: number, length: number) => all.subarray(from, from + length)
  const [, , head] = layers
  all[places.one] = 1
  const memory = { kernels, all, places, layers, inputs: architecture.inputs, size }
  return {
    architecture, headWidth: head.width,
    online: part(places.online, size), target: part(places.target, size), mean: part(places.mean, size), square: part(places.square, size),
    observations: part(places.observations, batch * architecture.inputs), head: part(places.values[2], batch * head.width), slopes: part(places.slopes[2], batch * head.width),
    forward: (of, rows) => forward(memory, places[of], rows),
    learn(rows, options) {
      backward(memory, rows)
      return descend(memory, options)
    },
    follow: (share) => (share === 1 ? all.copyWithin(places.target, places.online, places.online + size) : kernels.blend(4 * places.target, 4 * places.online, size, share)),
  }
}

function planPlaces(architecture: QArchitecture, batch: number): Places {
  const { layers, size } = layoutOf(architecture)
  let total = 0
  const place = (length: number) => {
    const at = total
    total += 4 * Math.ceil(length / 4)
    return at
  }
  const each = () => layers.map(({ width }) => place(batch * width)) as unknown as readonly [number, number, number]
  const places = {
    one: place(4), online: place(size), target: place(size), gradient: place(size), mean: place(size), square: place(size),
    transposed: place(Math.max(...layers.slice(1).map(({ inputs, width }) => inputs * width))), observations: place(batch * architecture.inputs), values: each(), slopes: each(),
  }
  return { ...places, total }
}

interface Memory {
  kernels: DenseKernels
  all: Float32Array
  places: Places
  layers: readonly [QLayer, QLayer, QLayer]
  inputs: number
  size: number
}

const matrix = (at: number, width: number) => ({ at: 4 * at, row: 4 * width })
const transposed = (at: number, width: number) => ({ at: 4 * at, row: 4, column: 4 * width })

function forward({ kernels, places, layers, inputs }: Memory, parameters: number, rows: number): void {
  let [from, width] = [places.observations, inputs]
  for (let i = 0; i < 3; i++) {
    const layer = layers[i]!
    const into = places.values[i]!
    kernels.multiply(matrix(from, width), matrix(parameters + layer.kernel, layer.width), matrix(into, layer.width), { rows, columns: layer.width, depth: layer.inputs }, 4 * (parameters + layer.bias))
    if (i < 2) kernels.rectify(4 * into, rows * layer.width);
    [from, width] = [into, layer.width]
  }
}

function backward(memory: Memory, rows: number): void {
  const { kernels, places, layers, inputs } = memory
  for (let i = 2; i >= 0; i--) {
    const { kernel, bias, width, inputs: depth } = layers[i]!
    const slopes = matrix(places.slopes[i]!, width)
    const [from, fromWidth] = i === 0 ? [places.observations, inputs] : [places.values[i - 1]!, depth]
    kernels.multiply(transposed(from, fromWidth), slopes, matrix(places.gradient + kernel, width), { rows: depth, columns: width, depth: rows })
    kernels.multiply({ at: 4 * places.one, row: 0, column: 0 }, slopes, matrix(places.gradient + bias, width), { rows: 1, columns: width, depth: rows })
    if (i === 0) return
    transpose(memory.all, places.online + kernel, places.transposed, depth, width)
    const below = places.slopes[i - 1]!
    kernels.multiply(slopes, matrix(places.transposed, depth), matrix(below, depth), { rows, columns: depth, depth: width })
    kernels.rectifySlopes(4 * below, 4 * from, rows * depth)
  }
}

function transpose(all: Float32Array, from: number, to: number, rows: number, columns: number): void {
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) all[to + column * rows + row] = all[from + row * columns + column]!
}

function descend({ kernels, places, size }: Memory, { learningRate, longestGradient, steps }: LearnOptions): number {
  const length = Math.sqrt(kernels.sumOfSquares(4 * places.gradient, size))
  kernels.adam({ values: 4 * places.online, gradient: 4 * places.gradient, mean: 4 * places.mean, square: 4 * places.square, count: size }, {
    scale: length > longestGradient ? longestGradient / length : 1, beta1, beta2, epsilon, rate: learningRate / (1 - beta1 ** steps), squareScale: 1 / (1 - beta2 ** steps),
  })
  return length
}
