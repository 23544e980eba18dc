import type { NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core'
import type { RunKernel, TensorFlow } from './tensor-flow.ts'

type Rule = (dy: Tensor, saved: Tensor[], attributes: NamedAttrMap) => Record<string, () => Tensor>

/**
 * Derivatives of the operations that our networks use, registered anew on every backend. The tfjs-core package for Node comes without any; and
 * its own ones, which are in the large @tensorflow/tfjs, are slow here: a product with a transposed matrix takes about ten times as long
 * on WebAssembly as transposing it first. An operation that is not in this list cannot be trained through.
 */
export function registerDerivatives({ tf, runKernel }: { tf: TensorFlow; runKernel?: RunKernel }): void {
  const one = () => tf.scalar(1)
  const register = (kernelName: string, keep: { inputs?: string[]; output?: true }, gradFunc: Rule) => {
    tf.registerGradient({
      kernelName, inputsToSave: keep.inputs ?? [], outputsToSave: keep.output ? [true] : [],
      gradFunc: (dy, saved, attributes) => gradFunc(dy as Tensor, saved, attributes) as NamedTensorMap & Record<string, () => Tensor>,
    })
  }
  const both = { inputs: ['a', 'b'] }
  register('Add', both, (dy, [a, b]) => ({ a: () => sumToShape(tf, dy, a!), b: () => sumToShape(tf, dy, b!) }))
  register('Sub', both, (dy, [a, b]) => ({ a: () => sumToShape(tf, dy, a!), b: () => sumToShape(tf, tf.neg(dy), b!) }))
  register('Multiply', both, (dy, [a, b]) => ({ a: () => sumToShape(tf, tf.mul(dy, b!), a!), b: () => sumToShape(tf, tf.mul(dy, a!), b!) }))
  register('RealDiv', both, (dy, [a, b]) => ({
    a: () => sumToShape(tf, tf.div(dy, b!), a!),
    b: () => sumToShape(tf, tf.neg(tf.div(tf.mul(dy, a!), tf.square(b!))), b!),
  }))
  register('Neg', {}, (dy) => ({ x: () => tf.neg(dy) }))
  register('Identity', {}, (dy) => ({ x: () => tf.clone(dy) }))
  register('Reshape', { inputs: ['x'] }, (dy, [x]) => ({ x: () => tf.reshape(dy, x!.shape) }))
  register('ExpandDims', { inputs: ['input'] }, (dy, [x]) => ({ input: () => tf.reshape(dy, x!.shape) }))
  register('Transpose', {}, (dy, _saved, { perm }) => ({ x: () => tf.transpose(dy, inversePermutation(perm as number[])) }))
  register('BatchMatMul', both, (dy, [a, b], attributes) => matrixProductRule({ tf, runKernel }, dy, [a!, b!], attributes))
  register('Sigmoid', { output: true }, (dy, [y]) => ({ x: () => tf.mul(dy, tf.mul(y!, tf.sub(one(), y!))) }))
  register('Tanh', { output: true }, (dy, [y]) => ({ x: () => tf.mul(dy, tf.sub(one(), tf.square(y!))) }))
  register('Exp', { output: true }, (dy, [y]) => ({ x: () => tf.mul(dy, y!) }))
  register('Log', { inputs: ['x'] }, (dy, [x]) => ({ x: () => tf.div(dy, x!) }))
  register('Sqrt', { output: true }, (dy, [y]) => ({ x: () => tf.div(dy, tf.mul(y!, tf.scalar(2))) }))
  register('Square', { inputs: ['x'] }, (dy, [x]) => ({ x: () => tf.mul(dy, tf.mul(x!, tf.scalar(2))) }))
  register('Abs', { inputs: ['x'] }, (dy, [x]) => ({ x: () => tf.mul(dy, tf.sign(x!)) }))
  register('Relu', { output: true }, (dy, [y]) => ({ x: () => reluDerivative({ tf, runKernel }, dy, y!) }))
  register('LeakyRelu', { inputs: ['x'] }, (dy, [x], { alpha }) => ({
    x: () => tf.where(tf.greater(x!, tf.scalar(0)), dy, tf.mul(dy, tf.scalar(alpha as number))),
  }))
  register('Softmax', { output: true }, (dy, [y], { dim }) => ({
    logits: () => {
      const weighted = tf.mul(dy, y!)
      return tf.sub(weighted, tf.mul(tf.sum(weighted, dim as number, true), y!))
    },
  }))
  register('LogSoftmax', { output: true }, (dy, [y], { axis }) => ({
    logits: () => tf.sub(dy, tf.mul(tf.sum(dy, axis as number, true), tf.exp(y!))),
  }))
  register('Sum', { inputs: ['x'] }, (dy, [x], { axis }) => ({ x: () => spread(tf, dy, x!, axis, 1) }))
  register('Mean', { inputs: ['x'] }, (dy, [x], { axis }) => ({ x: () => spread(tf, dy, x!, axis, dy.size / x!.size) }))
  register('Slice', { inputs: ['x'] }, (dy, [x], { begin, size }) => ({
    x: () => tf.pad(dy, x!.shape.map((length, d) => {
      const [from, taken] = [(begin as number[])[d]!, (size as number[])[d]!]
      return [from, taken < 0 ? 0 : length - from - taken] as [number, number]
    })),
  }))
  registerConcat(tf)
}

function registerConcat(tf: TensorFlow): void {
  tf.registerGradient({
    kernelName: 'Concat', saveAllInputs: true,
    gradFunc: (dy, saved, { axis }) => {
      const at = tf.util.parseAxisParam(axis as number, saved[0]!.shape)[0]!
      const parts = tf.split(dy as Tensor, saved.map((part) => part.shape[at]!), at)
      return Object.fromEntries(parts.map((part, i) => [String(i), () => part])) as Record<string, () => Tensor>
    },
  })
}

/** For an input that was stretched to fit the other one, the derivative is summed over what it was stretched along. */
function sumToShape(tf: TensorFlow, dy: Tensor, x: Tensor): Tensor {
  const axes = tf.broadcast_util.getReductionAxes(x.shape, dy.shape)
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, x.shape)
}

/** `dy`, which was summed over `axis`, stretched back to the shape of `x`, times `factor`. */
function spread(tf: TensorFlow, dy: Tensor, x: Tensor, axis: unknown, factor: number): Tensor {
  const summed = new Set(tf.util.parseAxisParam(axis as number[], x.shape))
  return tf.mul(tf.reshape(dy, x.shape.map((length, d) => (summed.has(d) ? 1 : length))), tf.fill(x.shape, factor))
}

function matrixProductRule({ tf, runKernel }: { tf: TensorFlow; runKernel?: RunKernel }, dy: Tensor, [a, b]: [Tensor, Tensor], attributes: NamedAttrMap) {
  if (attributes.transposeA || attributes.transposeB) throw new Error('the derivative of a product with a transposed matrix is not among the rules: transpose first')
  if (runKernel) return { a: () => tf.matMul(dy, b, false, true), b: () => tf.matMul(a, dy, true, false) }
  return { a: () => tf.matMul(dy, transposeLast(tf, b)), b: () => tf.matMul(transposeLast(tf, a), dy) }
}

function transposeLast(tf: TensorFlow, x: Tensor): Tensor {
  const order = [...x.shape.keys()]
  return tf.transpose(x, [...order.slice(0, -2), order.at(-1)!, order.at(-2)!])
}

function reluDerivative({ tf, runKernel }: { tf: TensorFlow; runKernel?: RunKernel }, dy: Tensor, y: Tensor): Tensor {
  if (runKernel) return runKernel('ReluGrad', [dy, y], 1)[0]!
  return tf.mul(dy, tf.cast(tf.greater(y, tf.scalar(0)), 'float32'))
}

function inversePermutation(order: readonly number[]): number[] {
  const inverse = [...order]
  order.forEach((from, to) => { inverse[from] = to })
  return inverse
}
