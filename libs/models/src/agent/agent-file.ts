import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'
import { fromLittleEndian, toLittleEndian } from '../little-endian.ts'
import { placesOf } from '../tensors/parameters.ts'
import { agentActions, type AgentPolicy, positionInputs } from './agent-policy.ts'
import { sha256 } from './dqn-checkpoint.ts'
import { type QArchitecture, qSpecs } from './q-network.ts'

/** The two files of an agent; docs/TRAINING.md says what is in them. */
export interface AgentFiles {
  'model.json': Uint8Array
  'weights.bin': Uint8Array
}

const AgentHeader = z.strictObject({
  format: z.literal('streamforge-agent'),
  format_version: z.literal(1),
  architecture: z.strictObject({ inputs: z.int().positive(), hidden: z.int().positive(), dueling: z.boolean() }),
  actions: z.array(z.string()),
  window_bars: z.int().positive(),
  symbol: z.string(),
  normaliser: z.strictObject({
    feature_names: z.array(z.string()), centres: z.array(z.number()), scales: z.array(z.number().positive()), clip: z.number().positive(), target_scale: z.number().positive(),
  }),
  rules: z.strictObject({
    initial_capital: z.number().positive(), fee_bps: z.number().nonnegative(), slippage_bps: z.number().nonnegative(), lot_size: z.number().positive(), position_share: z.number().positive().max(1),
  }),
  weights: z.strictObject({
    file: z.literal('weights.bin'), type: z.literal('float32'), byte_order: z.literal('little'), sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().nonnegative(),
    tensors: z.array(z.strictObject({ name: z.string(), shape: z.array(z.int().positive()), offset: z.int().nonnegative() })),
  }),
})
type AgentHeader = z.infer<typeof AgentHeader>

/** Equal for two agents with the same parameters: `sha256:` and the checksum of weights.bin. */
export const hashOfAgent = ({ parameters }: Pick<AgentPolicy, 'parameters'>) => `sha256:${sha256(toLittleEndian(parameters))}`

export function encodeAgent(policy: AgentPolicy): AgentFiles {
  const weights = toLittleEndian(policy.parameters)
  return { 'model.json': Buffer.from(`${JSON.stringify(headerOf(policy, weights), null, 2)}\n`), 'weights.bin': weights }
}

/** @throws StreamForgeError MODEL_CORRUPT when a file is cut off, altered or of another format */
export function decodeAgent(files: AgentFiles): AgentPolicy {
  const header = readHeader(files['model.json'])
  const bytes = files['weights.bin']
  const { weights, normaliser, rules, architecture: { inputs, hidden, dueling } } = header
  if (bytes.byteLength !== weights.bytes) throw corrupt(`weights.bin has ${bytes.byteLength} bytes; ${weights.bytes} are expected`)
  if (sha256(bytes) !== weights.sha256) throw corrupt('weights.bin is not what model.json has the checksum of')
  const architecture: QArchitecture = { inputs, hidden, actions: header.actions.length, dueling }
  if (header.actions.join() !== agentActions.join()) throw corrupt(`the actions are ${header.actions.join(', ')}; ${agentActions.join(', ')} are expected`)
  if (JSON.stringify(weights.tensors) !== JSON.stringify(tensorsOf(architecture))) throw corrupt('the tensors that model.json lists are not those of its architecture')
  const width = normaliser.feature_names.length
  if (normaliser.centres.length !== width || normaliser.scales.length !== width || inputs !== header.window_bars * width + positionInputs) {
    throw corrupt(`model.json normalises ${width} features in ${header.window_bars} bars; the network has ${inputs} inputs`)
  }
  return {
    architecture, parameters: fromLittleEndian(bytes), windowBars: header.window_bars, symbol: header.symbol,
    normaliser: { featureNames: normaliser.feature_names, centres: normaliser.centres, scales: normaliser.scales, clip: normaliser.clip, targetScale: normaliser.target_scale },
    rules: { initialCapital: rules.initial_capital, feeBps: rules.fee_bps, slippageBps: rules.slippage_bps, lotSize: rules.lot_size, positionShare: rules.position_share },
  }
}

function headerOf({ architecture, windowBars, normaliser, rules, symbol }: AgentPolicy, weights: Uint8Array): AgentHeader {
  const { inputs, hidden, dueling } = architecture
  return {
    format: 'streamforge-agent', format_version: 1, architecture: { inputs, hidden, dueling }, actions: [...agentActions], window_bars: windowBars, symbol,
    normaliser: {
      feature_names: [...normaliser.featureNames], centres: [...normaliser.centres], scales: [...normaliser.scales], clip: normaliser.clip, target_scale: normaliser.targetScale,
    },
    rules: { initial_capital: rules.initialCapital, fee_bps: rules.feeBps, slippage_bps: rules.slippageBps, lot_size: rules.lotSize, position_share: rules.positionShare },
    weights: { file: 'weights.bin', type: 'float32', byte_order: 'little', sha256: sha256(weights), bytes: weights.byteLength, tensors: tensorsOf(architecture) },
  }
}

const tensorsOf = (architecture: QArchitecture) => placesOf(qSpecs(architecture)).map(({ name, shape, from }) => ({ name, shape: [...shape], offset: 4 * from }))

function readHeader(bytes: Uint8Array): AgentHeader {
  try {
    return AgentHeader.parse(JSON.parse(Buffer.from(bytes).toString()))
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : []
    throw corrupt(`model.json cannot be used: ${issue ? `${issue.path.join('.') || 'model.json'}: ${issue.message}` : 'it is not JSON'}`, error)
  }
}

const corrupt = (message: string, cause?: unknown) => new StreamForgeError('MODEL_CORRUPT', message, {
  cause, remedy: 'train the agent again, or take the files from a backup; the version before still works',
})
