import { StreamForgeError } from '@streamforge/contracts'
import type { Normaliser } from '../normaliser.ts'
import type { Gnn } from '../tensors/gnn.ts'
import { placesOf } from '../tensors/parameters.ts'
import { onnxGraph, type OnnxGraph } from './onnx-graph.ts'

/**
 * A network as an ONNX model, for any runtime:
 *
 * - `windows`, as {@link cutWindows} lays them out: [rows, bars, features] for the strided encoder, [bars, rows, features] for the GRU; normalised; a row
 *   for each of B bars and N assets
 * - `present` [B, N]: 1 where the asset is present in the bar, else 0
 * - `relations_<kind>` [N, N] for each kind: relation from column to row, 0 none
 * - gives `forecast` [B, N]: simple returns
 *
 * B and N may differ from call to call. The normalisation is in the model's metadata: z = (x - centre) / scale, cut to -clip..clip, 0 for what is not known.
 */
export function exportGnnToOnnx(gnn: Gnn, normaliser: Normaliser, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const { architecture } = gnn
  const graph = onnxGraph()
  const weight = weightsOf(gnn, graph)
  const shape = sizesOf(graph)
  const states = encode(gnn, graph, weight)
  const heard = architecture.relationKinds.map((kind) => attend(graph, weight, kind, { states, shape, hidden: architecture.hidden }))
  const beside = heard.length > 0 ? graph.node('Concat', [states, ...heard], { axis: 1 }) : states
  const combined = graph.node('Relu', [dense(graph, weight, 'combine', beside)])
  const forecast = dense(graph, weight, 'head', graph.node('Concat', [states, combined], { axis: 1 }))
  const returns = graph.node('Mul', [graph.node('Reshape', [forecast, shape('B', 'N')]), graph.scalar(normaliser.targetScale)])
  const { window, features, relationKinds, encoder } = architecture
  return graph.finish({
    name: 'streamforge-gnn',
    inputs: [
      { name: 'windows', shape: encoder === 'gru' ? [window, 'rows', features] : ['rows', stridedBars(window), features] },
      { name: 'present', shape: ['bars', 'assets'] },
      ...relationKinds.map((kind) => ({ name: `relations_${kind}`, shape: ['assets', 'assets'] })),
    ],
    outputs: [{ name: 'forecast', shape: ['bars', 'assets'], value: returns }],
    metadata: {
      architecture: JSON.stringify(architecture), feature_names: JSON.stringify(normaliser.featureNames), centres: JSON.stringify(normaliser.centres),
      scales: JSON.stringify(normaliser.scales), clip: String(normaliser.clip), ...metadata,
    },
  })
}

type WeightOf = (name: string) => { name: string; values: Float32Array; shape: readonly number[] }
type ShapeOf = (...lengths: ('B' | 'N' | number)[]) => string

/** Parameters by name; those asked for with `tensor` become part of the graph once. */
function weightsOf({ parameters }: Gnn, graph: OnnxGraph): WeightOf & { tensor: (name: string) => string } {
  const places = new Map(placesOf(parameters.specs).map((place) => [place.name, place]))
  const weight = (name: string) => {
    const place = places.get(name)
    if (!place) throw new StreamForgeError('MODEL_MISMATCH', `the network has no parameter ${name}`)
    return { name, shape: place.shape, values: parameters.values.subarray(place.from, place.to) }
  }
  return Object.assign(weight, { tensor: (name: string) => {
    const { shape, values } = weight(name)
    return graph.tensor(name, shape, values)
  } })
}

/** Shapes of which some lengths are those of `present`. */
function sizesOf(graph: OnnxGraph): ShapeOf {
  const length = { B: graph.node('Shape', ['present'], { start: 0, end: 1 }), N: graph.node('Shape', ['present'], { start: 1, end: 2 }) }
  return (...lengths) => graph.node('Concat', lengths.map((of) => (typeof of === 'number' ? graph.integers([of]) : length[of])), { axis: 0 })
}

const dense = (graph: OnnxGraph, weight: ReturnType<typeof weightsOf>, name: string, x: string) =>
  graph.node('Add', [graph.node('MatMul', [x, weight.tensor(`${name}/kernel`)]), weight.tensor(`${name}/bias`)])

const layersOf = (window: number) => Math.max(1, Math.ceil(Math.log2(window)))
const stridedBars = (window: number) => 2 ** layersOf(window)

function encode({ architecture: { encoder, window, features, hidden } }: Gnn, graph: OnnxGraph, weight: ReturnType<typeof weightsOf>): string {
  if (encoder === 'gru') return gru(graph, weight, features, hidden)
  let signal = 'windows'
  for (let layer = 0; layer < layersOf(window); layer++) {
    const pairs = graph.node('Reshape', [signal, graph.integers([-1, 2 * (layer === 0 ? features : hidden)])])
    signal = graph.node('Relu', [dense(graph, weight, `encoder/layer${layer}`, pairs)])
  }
  const last = graph.node('Gather', ['windows', graph.integers([stridedBars(window) - 1])], { axis: 1 })
  const view = graph.node('MatMul', [graph.node('Reshape', [last, graph.integers([-1, features])]), weight.tensor('encoder/last')])
  return graph.node('Tanh', [graph.node('Add', [signal, view])])
}

/** ONNX has the unit as one operator; its weights are transposed and in the order update, reset, candidate. */
function gru(graph: OnnxGraph, weight: WeightOf, features: number, hidden: number): string {
  const [gates, candidate] = [weight('encoder/gates').values, weight('encoder/candidate').values]
  const [gatesBias, candidateBias] = [weight('encoder/gatesBias').values, weight('encoder/candidateBias').values]
  const transposed = (from: number, rows: number) => Float32Array.from({ length: 3 * hidden * rows }, (_, at) => {
    const [unit, row] = [Math.floor(at / rows), from + (at % rows)]
    if (unit < hidden) return gates[row * 2 * hidden + hidden + unit]!
    return unit < 2 * hidden ? gates[row * 2 * hidden + unit - hidden]! : candidate[row * hidden + unit - 2 * hidden]!
  })
  const biases = [gatesBias.subarray(hidden), gatesBias.subarray(0, hidden), candidateBias, new Float32Array(3 * hidden)].flatMap((part) => [...part])
  const [, last] = graph.nodes('GRU', [
    'windows', graph.tensor('encoder/features', [1, 3 * hidden, features], transposed(0, features)),
    graph.tensor('encoder/state', [1, 3 * hidden, hidden], transposed(features, hidden)),
    graph.tensor('encoder/biases', [1, 6 * hidden], Float32Array.from(biases)),
  ], 2, { hidden_size: hidden, linear_before_reset: 0 })
  return graph.node('Reshape', [last!, graph.integers([-1, hidden])])
}

/** What relation-attention.ts does, operator by operator. */
function attend(graph: OnnxGraph, weight: ReturnType<typeof weightsOf>, kind: string, { states, shape, hidden }: { states: string; shape: ShapeOf; hidden: number }): string {
  const relations = `relations_${kind}`
  const noEdge = graph.scalar(-1e9)
  const strength = graph.node('Log', [graph.node('Abs', [relations])])
  const bias = graph.node('Where', [graph.node('Equal', [relations, graph.scalar(0)]), noEdge, strength])
  const values = graph.node('MatMul', [states, weight.tensor(`attention/${kind}/value`)])
  const score = (side: string, to: string) => graph.node('Reshape', [graph.node('MatMul', [values, weight.tensor(`attention/${kind}/${side}`)]), to])
  const scores = graph.node('LeakyRelu', [graph.node('Add', [score('target', shape('B', 'N', 1)), score('source', shape('B', 1, 'N'))])], {}, { alpha: 0.2 })
  const present = graph.node('Reshape', ['present', shape('B', 1, 'N')])
  const missing = graph.node('Mul', [graph.node('Sub', [graph.scalar(1), present]), noEdge])
  const logits = graph.node('Add', [scores, graph.node('Add', [bias, missing])])
  const sign = graph.node('Mul', [graph.node('Sign', [relations]), present])
  const shares = graph.node('Mul', [graph.node('Softmax', [logits], { axis: -1 }), sign])
  const heard = graph.node('MatMul', [shares, graph.node('Reshape', [values, shape('B', 'N', hidden)])])
  return graph.node('Reshape', [heard, graph.integers([-1, hidden])])
}
