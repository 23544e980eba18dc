import { createHash } from 'node:crypto'
import type { ParameterSpec } from './parameters.ts'
import type { TrainGnnInput } from './train-gnn.ts'
import type { EpochSummary, TrainingState } from './training-state.ts'

interface Header {
  format: 'streamforge-checkpoint-1'
  fingerprint: string
  epoch: number
  steps: number
  best: { epoch: number; loss: number }
  history: EpochSummary[]
  /** Of the numbers that follow. */
  sha256: string
}

const format = 'streamforge-checkpoint-1'
const sha256 = (...parts: (string | Uint8Array)[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex')

/** What a training is of: a checkpoint of anything else, or from another backend, would not give the same end. */
export function fingerprintTraining({ tensors, panel, relations, split, normaliser, architecture, training, seed }: TrainGnnInput): string {
  const described = JSON.stringify({ backend: tensors.description, split, normaliser, architecture, training, seed, kinds: relations.kinds, symbols: panel.symbols, horizon: panel.horizonBars })
  return sha256(described, bytesOf(panel.features), bytesOf(panel.returns), ...relations.weights.map(bytesOf))
}

/** A line of JSON, then little-endian float32: parameters, Adam's means and squares, the best parameters. Only after a finished epoch. */
export function writeCheckpoint(state: TrainingState, fingerprint: string): Uint8Array {
  const { values, ...best } = state.best!
  const numbers = Buffer.concat([state.parameters.values, state.adam.mean, state.adam.square, values].map(bytesOf))
  const header: Header = { format, fingerprint, epoch: state.epoch, steps: state.adam.steps, best, history: state.history, sha256: sha256(numbers) }
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), numbers])
}

/** The state, or why the checkpoint is of no use: a training can always begin anew. */
export function readCheckpoint(bytes: Uint8Array, fingerprint: string, specs: readonly ParameterSpec[]): TrainingState | string {
  const end = bytes.indexOf(10)
  const header = end < 0 ? undefined : parseHeader(bytes.subarray(0, end))
  if (!header) return 'it is not a checkpoint'
  if (header.fingerprint !== fingerprint) return 'it is of other data, another configuration or another backend'
  // A copy, so that the numbers begin where a Float32Array may.
  const numbers = Uint8Array.from(bytes.subarray(end + 1))
  if (sha256(numbers) !== header.sha256) return 'it is cut off or altered'
  const all = new Float32Array(numbers.buffer)
  const size = all.length / 4
  const part = (i: number) => all.slice(i * size, (i + 1) * size)
  return {
    epoch: header.epoch, history: header.history, parameters: { specs, values: part(0) },
    adam: { mean: part(1), square: part(2), steps: header.steps }, best: { ...header.best, values: part(3) },
  }
}

function parseHeader(bytes: Uint8Array): Header | undefined {
  try {
    const header = JSON.parse(Buffer.from(bytes).toString()) as Header
    return header.format === format ? header : undefined
  } catch {
    return undefined
  }
}

const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
