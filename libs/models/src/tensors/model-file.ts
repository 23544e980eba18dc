import { StreamForgeError } from '@streamforge/contracts'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { gnnSpecs } from './gnn.ts'
import type { GnnModel } from './gnn-model.ts'
import { fromLittleEndian, toLittleEndian } from '../little-endian.ts'
import { placesOf, type ParameterSpec } from './parameters.ts'

/** The two files of a model; docs/MODELS.md says what is in them. */
export interface GnnModelFiles {
  'model.json': Uint8Array
  'weights.bin': Uint8Array
}

const ErrorBand = z.strictObject({ low: z.number(), high: z.number() })

/** model.json. */
const GnnModelHeader = z.strictObject({
  format: z.literal('streamforge-gnn'),
  format_version: z.literal(1),
  architecture: z.strictObject({
    encoder: z.enum(['strided', 'gru']), window: z.int().positive(), features: z.int().positive(), hidden: z.int().positive(), relation_kinds: z.array(z.string()),
  }),
  horizon_bars: z.int().positive(),
  symbols: z.array(z.string()).describe('Trained on; parameters are shared, so other symbols with the same features can be forecast'),
  normaliser: z.strictObject({
    feature_names: z.array(z.string()), centres: z.array(z.number()), scales: z.array(z.number().positive()), clip: z.number().positive(), target_scale: z.number().positive(),
  }),
  interval: z.strictObject({ coverage: z.number().gt(0).lt(1), all: ErrorBand, by_symbol: z.record(z.string(), ErrorBand), outcomes: z.int().nonnegative() }),
  weights: z.strictObject({
    file: z.literal('weights.bin'), type: z.literal('float32'), byte_order: z.literal('little'), sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().nonnegative(),
    tensors: z.array(z.strictObject({ name: z.string(), shape: z.array(z.int().positive()), offset: z.int().nonnegative() })),
  }),
})
type GnnModelHeader = z.infer<typeof GnnModelHeader>

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Equal for two models with the same parameters: `sha256:` and the checksum of weights.bin. */
export const hashOfGnn = ({ parameters }: Pick<GnnModel, 'parameters'>) => `sha256:${sha256(toLittleEndian(parameters.values))}`

export function encodeGnn(model: GnnModel): GnnModelFiles {
  const weights = toLittleEndian(model.parameters.values)
  return { 'model.json': Buffer.from(`${JSON.stringify(headerOf(model, weights), null, 2)}\n`), 'weights.bin': weights }
}

/** @throws StreamForgeError MODEL_CORRUPT when a file is cut off, altered or of another format */
export function decodeGnn(files: GnnModelFiles): GnnModel {
  const header = readHeader(files['model.json'])
  const bytes = files['weights.bin']
  const { sha256: expected, bytes: size, tensors } = header.weights
  if (bytes.byteLength !== size) throw corrupt(`weights.bin has ${bytes.byteLength} bytes; ${size} are expected`)
  if (sha256(bytes) !== expected) throw corrupt('weights.bin is not what model.json has the checksum of')
  const { encoder, window, features, hidden, relation_kinds: relationKinds } = header.architecture
  const architecture = { encoder, window, features, hidden, relationKinds }
  const specs = gnnSpecs(architecture)
  if (JSON.stringify(tensors) !== JSON.stringify(tensorsOf(specs))) throw corrupt('the tensors that model.json lists are not those of its architecture')
  const { feature_names: featureNames, centres, scales, clip, target_scale: targetScale } = header.normaliser
  if ([featureNames, centres, scales].some((list) => list.length !== features)) throw corrupt(`model.json normalises ${featureNames.length} features; the network has ${features}`)
  const { coverage, all, by_symbol: bySymbol, outcomes } = header.interval
  return {
    architecture, parameters: { specs, values: fromLittleEndian(bytes) }, horizonBars: header.horizon_bars, symbols: header.symbols,
    normaliser: { featureNames, centres, scales, clip, targetScale }, interval: { coverage, all, bySymbol, outcomes },
  }
}

function headerOf({ architecture, parameters, normaliser, symbols, horizonBars, interval }: GnnModel, weights: Uint8Array): GnnModelHeader {
  const { relationKinds, encoder, window, features, hidden } = architecture
  return {
    format: 'streamforge-gnn', format_version: 1,
    architecture: { encoder, window, features, hidden, relation_kinds: [...relationKinds] },
    horizon_bars: horizonBars, symbols: [...symbols],
    normaliser: {
      feature_names: [...normaliser.featureNames], centres: [...normaliser.centres], scales: [...normaliser.scales], clip: normaliser.clip, target_scale: normaliser.targetScale,
    },
    interval: { coverage: interval.coverage, all: interval.all, by_symbol: interval.bySymbol, outcomes: interval.outcomes },
    weights: { file: 'weights.bin', type: 'float32', byte_order: 'little', sha256: sha256(weights), bytes: weights.byteLength, tensors: tensorsOf(parameters.specs) },
  }
}

const tensorsOf = (specs: readonly ParameterSpec[]) => placesOf(specs).map(({ name, shape, from }) => ({ name, shape: [...shape], offset: 4 * from }))

function readHeader(bytes: Uint8Array): GnnModelHeader {
  try {
    return GnnModelHeader.parse(JSON.parse(Buffer.from(bytes).toString()))
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : []
    const where = issue ? `${issue.path.join('.') || 'model.json'}: ${issue.message}` : 'it is not JSON'
    throw corrupt(`model.json cannot be used: ${where}`, error)
  }
}

const corrupt = (message: string, cause?: unknown) => new StreamForgeError('MODEL_CORRUPT', message, {
  cause, remedy: 'train the model again, or take the files from a backup; the version before still works',
})
