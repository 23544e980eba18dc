import { agentActions, type AgentPolicy } from '../agent/agent-policy.ts'
import { qSpecs } from '../agent/q-network.ts'
import { placesOf } from '../tensors/parameters.ts'
import { onnxGraph } from './onnx-graph.ts'

/**
 * An agent as an ONNX model, for any runtime:
 *
 * - `observations` [rows, window * features + 1]: normalised features of the last bars, the oldest first, then the share of the portfolio that is held in units
 * - gives `action_values` [rows, 3]: what holding, buying and selling are worth
 *
 * The normalisation is in the model's metadata: z = (x - centre) / scale, cut to -clip..clip, 0 for what is not known.
 */
export function exportAgentToOnnx(policy: AgentPolicy, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const { architecture: { inputs, actions, dueling }, parameters, normaliser, windowBars } = policy
  const graph = onnxGraph()
  const weight = Object.fromEntries(placesOf(qSpecs(policy.architecture)).map(({ name, shape, from, to }) => [name, graph.tensor(name, shape, parameters.subarray(from, to))]))
  const dense = (name: string, x: string) => graph.node('Add', [graph.node('MatMul', [x, weight[`${name}/kernel`]!]), weight[`${name}/bias`]!])
  const hidden = graph.node('Relu', [dense('layer1', graph.node('Relu', [dense('layer0', 'observations')]))])
  const head = dense('head', hidden)
  const columns = (from: number, to: number) => graph.node('Slice', [head, graph.integers([from]), graph.integers([to]), graph.integers([1])])
  const value = dueling ? duel(columns(0, actions), columns(actions, actions + 1)) : head
  function duel(advantages: string, stateValue: string) {
    const mean = graph.node('ReduceMean', [advantages], { axes: [1], keepdims: 1 })
    return graph.node('Add', [stateValue, graph.node('Sub', [advantages, mean])])
  }
  return graph.finish({
    name: 'streamforge-agent', inputs: [{ name: 'observations', shape: ['rows', inputs] }],
    outputs: [{ name: 'action_values', shape: ['rows', actions], value }],
    metadata: {
      actions: JSON.stringify(agentActions), window_bars: String(windowBars), feature_names: JSON.stringify(normaliser.featureNames), centres: JSON.stringify(normaliser.centres),
      scales: JSON.stringify(normaliser.scales), clip: String(normaliser.clip), ...metadata,
    },
  })
}
