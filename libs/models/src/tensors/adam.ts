/** What Adam keeps between steps: running means of the derivative and of its square, and the number of steps. */
export interface AdamState {
  mean: Float32Array
  square: Float32Array
  steps: number
}

export interface AdamOptions {
  learningRate: number
  /** Share of the old mean that stays. Default 0.9. */
  beta1?: number
  /** The same for squares. Default 0.999. */
  beta2?: number
  /** Default 1e-8. */
  epsilon?: number
  /** Share of each value that is taken off it a step, times the learning rate (AdamW, Loshchilov and Hutter 2019). Default 0. */
  decay?: number
}

export const createAdam = (size: number): AdamState => ({ mean: new Float32Array(size), square: new Float32Array(size), steps: 0 })

/**
 * One step of Adam (Kingma and Ba 2015, algorithm 1), in place. It is plain JavaScript: for networks of this size it costs less than the dozen
 * small operations a parameter that TensorFlow.js needs, gives the same bits on every backend, and its state is two arrays.
 */
export function stepAdam(values: Float32Array, gradient: Float32Array, state: AdamState, options: AdamOptions): void {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0 } = options
  const { mean, square } = state
  state.steps++
  const rate = learningRate / (1 - beta1 ** state.steps)
  const squareScale = 1 / (1 - beta2 ** state.steps)
  for (let i = 0; i < values.length; i++) {
    const slope = gradient[i]!
    mean[i] = beta1 * mean[i]! + (1 - beta1) * slope
    square[i] = beta2 * square[i]! + (1 - beta2) * slope * slope
    values[i]! -= (rate * mean[i]!) / (Math.sqrt(square[i]! * squareScale) + epsilon) + learningRate * decay * values[i]!
  }
}

/** Shortens the derivative to the length `longest` where it is longer, in place; gives the length that it had. */
export function clipLength(gradient: Float32Array, longest: number): number {
  let sum = 0
  for (const slope of gradient) sum += slope * slope
  const length = Math.sqrt(sum)
  if (length > longest) {
    const factor = longest / length
    for (let i = 0; i < gradient.length; i++) gradient[i]! *= factor
  }
  return length
}
