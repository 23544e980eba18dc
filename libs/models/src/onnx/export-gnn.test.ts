import { type OnnxRuntime, onnxRuntimeVersion, openOnnxRuntime } from '@streamforge/servers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { seededRandom } from '../seeded-random.ts'
import { createGnn, type EncoderName, type Gnn, runGnn } from '../tensors/gnn.ts'
import { openTensors } from '../tensors/open-tensors.ts'
import { toTensors } from '../tensors/parameters.ts'
import { toRelationTensors } from '../tensors/relation-attention.ts'
import type { Tensors } from '../tensors/tensor-flow.ts'
import { cutWindows, toWindowSource } from '../tensors/windows.ts'
import { exportGnnToOnnx } from './export-gnn.ts'
import { protobufMessage } from './protobuf-writer.ts'

vi.setConfig({ testTimeout: 120_000 })

const runtime = await openOnnxRuntime()
const why = typeof runtime === 'string' ? ` (skipped: ${runtime})` : ''

const featureNames = ['a', 'b', 'c']
const normaliser = { featureNames, centres: [0.1, -0.2, 0], scales: [1, 2, 0.5], clip: 4, targetScale: 0.01 }

/** A network with all parameters away from 0, windows of a made-up panel, and relations of which some are negative and many absent. */
function example(encoder: EncoderName, { window, kinds, assets, bars }: { window: number; kinds: string[]; assets: number; bars: number[] }) {
  const random = seededRandom(window + assets)
  const gnn: Gnn = createGnn({ encoder, window, features: featureNames.length, hidden: 16, relationKinds: kinds }, random)
  gnn.parameters.values.forEach((value, i) => { gnn.parameters.values[i] = value === 0 ? random() - 0.5 : value })
  const symbols = Array.from({ length: assets }, (_, n) => `A${n}`)
  const features = Float32Array.from({ length: (Math.max(...bars) + 1) * assets * featureNames.length }, () => (random() < 0.2 ? NaN : random() * 8 - 4))
  const windows = cutWindows(toWindowSource({ features, featureNames, symbols }, normaliser), gnn.architecture, bars)
  const present = windows.present ?? new Float32Array(bars.length * assets).fill(1)
  const weights = kinds.map(() => Float32Array.from({ length: assets ** 2 }, (_, i) => (i % (assets + 1) === 0 || random() < 0.6 ? 0 : random() * 2 - 1)))
  return { gnn, windows, present, relations: { kinds, weights }, assets, bars: bars.length }
}

function runInTensorFlow(tensors: Tensors, { gnn, windows, present, relations, assets, bars }: ReturnType<typeof example>): Float32Array {
  const { tf } = tensors
  return tf.tidy(() => {
    const scaled = runGnn(tensors, gnn.architecture, toTensors(tf, gnn.parameters), toRelationTensors(tf, relations, assets), {
      windows: tf.tensor(windows.values, windows.shape, 'float32'), bars, assets, present: tf.tensor(present, [bars, assets], 'float32'),
    })
    return Float32Array.from(scaled.dataSync(), (value) => value * normaliser.targetScale)
  })
}

describe.skipIf(why !== '')(`a network in onnxruntime-node ${onnxRuntimeVersion}${why}`, () => {
  let tensors: Tensors
  beforeAll(async () => { tensors = await openTensors({ prefer: 'wasm' }) })
  afterAll(() => expect(tensors.tf.memory().numTensors).toBe(0))

  const cases = (['strided', 'gru'] as const).flatMap((encoder) => [
    [encoder, { window: 32, kinds: ['correlation', 'lead_lag'], assets: 7, bars: [40, 33, 50] }], [encoder, { window: 16, kinds: [], assets: 5, bars: [20, 3] }],
    [encoder, { window: 10, kinds: ['sector'], assets: 20, bars: [15] }], [encoder, { window: 2, kinds: ['sector'], assets: 1, bars: [5] }],
  ] as const)
  it.each(cases)('%s gives what it gives in TensorFlow.js: %o', async (encoder, { window, kinds, assets, bars }) => {
    const { InferenceSession, Tensor } = runtime as OnnxRuntime
    const given = example(encoder, { window, kinds: [...kinds], assets, bars: [...bars] })
    const session = await InferenceSession.create(exportGnnToOnnx(given.gnn, normaliser, { model: 'gnn-5m' }), { intraOpNumThreads: 1 })
    const answer = await session.run({
      windows: new Tensor('float32', given.windows.values, given.windows.shape), present: new Tensor('float32', given.present, [given.bars, assets]),
      ...Object.fromEntries(kinds.map((kind, k) => [`relations_${kind}`, new Tensor('float32', given.relations.weights[k]!, [assets, assets])])),
    })
    const expected = runInTensorFlow(tensors, given)
    const found = answer.forecast!.data as Float32Array
    expect(found).toHaveLength(expected.length)
    // Relative to the unit that the network works in.
    expected.forEach((value, i) => expect(Math.abs(found[i]! - value) / normaliser.targetScale).toBeLessThan(1e-5))
    expect(new Set([...expected].map((value) => value.toFixed(6))).size).toBeGreaterThan(assets > 1 ? 1 : 0)
  })
})

describe('the wire format', () => {
  it('is that of the examples in the documentation of Protocol Buffers', () => {
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
    expect(hex(protobufMessage().integer(1, 150).finish())).toBe('089601')
    expect(hex(protobufMessage().text(2, 'testing').finish())).toBe('120774657374696e67')
    expect(hex(protobufMessage().message(3, protobufMessage().integer(1, 150)).finish())).toBe('1a03089601')
    expect(hex(protobufMessage().integer(1, -1).finish())).toBe('08ffffffffffffffffff01')
    expect(hex(protobufMessage().float(1, 1).finish())).toBe('0d0000803f')
  })
})
