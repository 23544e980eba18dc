import { expect, it } from 'vitest'
import { seededRandom } from '../seeded-random.ts'
import { createGnn } from './gnn.ts'
import type { GnnModel } from './gnn-model.ts'
import { decodeGnn, encodeGnn, hashOfGnn } from './model-file.ts'

const architecture = { encoder: 'strided', window: 5, features: 2, hidden: 4, relationKinds: ['correlation', 'sector'] } as const
const model: GnnModel = {
  ...createGnn(architecture, seededRandom(9)), horizonBars: 3, symbols: ['BTCUSDT', 'ETHUSDT'],
  normaliser: { featureNames: ['return_1', 'rsi'], centres: [0, 50.5], scales: [0.001, 12], clip: 5, targetScale: 0.0021 },
  interval: { coverage: 0.9, all: { low: -0.01, high: 0.012 }, bySymbol: { BTCUSDT: { low: -0.005, high: 0.006 } }, outcomes: 1200 },
}
const files = encodeGnn(model)

it('gives back the model bit for bit', () => {
  const read = decodeGnn(files)
  expect(read).toEqual(model)
  expect(hashOfGnn(read)).toBe(hashOfGnn(model))
  expect(files['weights.bin'].byteLength).toBe(4 * model.parameters.values.length)
})

it('reads files at any place in a larger buffer', () => {
  const buffer = Buffer.concat([Buffer.alloc(3), files['weights.bin']])
  expect(decodeGnn({ ...files, 'weights.bin': buffer.subarray(3) })).toEqual(model)
})

const edited = (change: (header: Record<string, Record<string, unknown>>) => void) => {
  const header = JSON.parse(Buffer.from(files['model.json']).toString()) as Record<string, Record<string, unknown>>
  change(header)
  return { ...files, 'model.json': Buffer.from(JSON.stringify(header)) }
}
const flipped = Uint8Array.from(files['weights.bin'])
flipped[17]! ^= 1

it.each([
  ['weights cut in half', { ...files, 'weights.bin': files['weights.bin'].subarray(0, 50) }, /weights.bin has 50 bytes; \d+ are expected/],
  ['a changed bit', { ...files, 'weights.bin': flipped }, /not what model.json has the checksum of/],
  ['a description cut in half', { ...files, 'model.json': files['model.json'].subarray(0, 300) }, /it is not JSON/],
  ['another version of the format', edited((header) => { Object.assign(header, { format_version: 2 }) }), /format_version/],
  ['another architecture than the weights are of', edited((header) => { header.architecture!.hidden = 8 }), /tensors that model.json lists/],
  ['a normaliser of other features', edited((header) => { header.normaliser!.feature_names = ['rsi'] }), /normalises 1 features; the network has 2/],
])('refuses %s', (_, broken, message) => {
  expect(() => decodeGnn(broken)).toThrow(expect.objectContaining({ code: 'MODEL_CORRUPT', message: expect.stringMatching(message) as string }) as Error)
})
