import { onnxRuntimeVersion, openOnnxRuntime } from '@streamforge/servers'
import { describe, expect, it, vi } from 'vitest'
import type { AgentPolicy } from '../agent/agent-policy.ts'
import { actionValue, firstParameters, meanAdvantage, packParameters } from '../agent/q-network.ts'
import { openQMemory } from '../agent/q-memory.ts'
import { seededRandom } from '../seeded-random.ts'
import { exportAgentToOnnx } from './export-agent.ts'

vi.setConfig({ testTimeout: 120_000 })
const runtime = await openOnnxRuntime()
const why = typeof runtime === 'string' ? ` (skipped: ${runtime})` : ''
const rows = 9

describe.skipIf(why !== '')(`an agent in onnxruntime-node ${onnxRuntimeVersion}${why}`, () => {
  it.each([true, false])('gives the same action values (dueling %s)', async (dueling) => {
    const architecture = { inputs: 2 * 3 + 1, hidden: 10, actions: 3, dueling }
    const values = firstParameters(architecture, 5)
    const policy: AgentPolicy = {
      architecture, parameters: packParameters(architecture, values), windowBars: 2, symbol: 'BTCUSDT',
      normaliser: { featureNames: ['a', 'b', 'c'], centres: [0, 1, 2], scales: [1, 1, 1], clip: 5, targetScale: 0.01 },
      rules: { initialCapital: 1000, feeBps: 10, slippageBps: 5, lotSize: 1, positionShare: 1 },
    }
    const random = seededRandom(2)
    const observations = Float32Array.from({ length: rows * architecture.inputs }, () => 4 * random() - 2)
    const memory = openQMemory(architecture, rows)
    memory.online.set(values)
    memory.observations.set(observations)
    memory.forward('online', rows)
    const own = Array.from({ length: rows * 3 }, (_, i) => {
      const row = Math.floor(i / 3) * memory.headWidth
      return actionValue(memory.head, row, i % 3, architecture, meanAdvantage(memory.head, row, architecture))
    })
    const { InferenceSession, Tensor } = runtime as Exclude<typeof runtime, string>
    const session = await InferenceSession.create(exportAgentToOnnx(policy, { symbol: 'BTCUSDT' }))
    const { action_values } = await session.run({ observations: new Tensor('float32', observations, [rows, architecture.inputs]) })
    expect(action_values!.dims).toEqual([rows, 3])
    Array.from(action_values!.data as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(own[i]!, 5))
  })
})
