import type { Tensor } from '@tensorflow/tfjs-core'
import { dense, denseSpecs } from './dense-layer.ts'
import type { Encoder, EncoderShape } from './encoder.ts'
import { glorotBound } from './parameters.ts'

/** Share of He's bound with which the layers after the first begin: at first the last bar speaks, and what came before it has to earn its say. */
const firstSay = 0.1

/**
 * Convolutions of width 2 and stride 2 with relu, one on another until one vector is left: each layer halves the number of bars, so 32
 * bars take five. Written as reshape and matrix product, which train on every backend. To the result comes a linear view of the last bar, which
 * would otherwise have to pass through all layers; tanh keeps the sum within what a GRU's state keeps within, for the attention's sake.
 */
export const stridedEncoder: Encoder = {
  layout: 'row',
  bars: (window) => 2 ** layerCount(window),
  specs: (shape) => [
    ...layersOf(shape).flatMap(({ name, inputs }, layer) =>
      denseSpecs(name, { inputs, outputs: shape.hidden, init: 'he' }).map((spec) => ({ ...spec, bound: layer === 0 ? spec.bound : firstSay * spec.bound }))),
    { name: 'encoder/last', shape: [shape.features, shape.hidden], bound: glorotBound(shape.features, shape.hidden) },
  ],
  encode({ tf }, weights, windows, shape) {
    const [rows, bars] = windows.shape as [number, number]
    let signal: Tensor = windows
    for (const { name, inputs } of layersOf(shape)) {
      signal = tf.relu(dense(tf, weights, name, tf.reshape(signal, [-1, inputs])))
    }
    const last = tf.reshape(tf.slice(windows, [0, bars - 1, 0], [rows, 1, shape.features]), [rows, shape.features])
    return tf.tanh(tf.add(tf.reshape(signal, [rows, shape.hidden]), tf.matMul(last, weights['encoder/last']!)))
  },
}

/** At least one: a window of a single bar gets an empty bar before it. */
const layerCount = (window: number) => Math.max(1, Math.ceil(Math.log2(window)))

function layersOf({ window, features, hidden }: EncoderShape) {
  return Array.from({ length: layerCount(window) }, (_, layer) => ({ name: `encoder/layer${layer}`, inputs: 2 * (layer === 0 ? features : hidden) }))
}
