import { StreamForgeError } from '@streamforge/contracts'
import { decodeAgent, encodeAgent, exportAgentToOnnx, hashOfAgent, policyPlan, trainAgent } from '@streamforge/models/agent'
import type { AgentLearner, LearnInput, LearntAgent } from './agent-learner.ts'

/** Reports of one training: what a page draws as its learning curve. */
const reports = 20

/** The deep Q-network of libs/models. */
export const dqnLearner: AgentLearner = {
  description: 'deep Q-network on WebAssembly',
  learn,
  read(files) {
    const of = (name: string) => {
      const content = files.get(name)
      if (content) return content
      throw new StreamForgeError('MODEL_CORRUPT', `${name} of an agent is missing`, { remedy: 'train it again' })
    }
    return policyPlan(decodeAgent({ 'model.json': of('model.json'), 'weights.bin': of('weights.bin') }))
  },
}

async function learn({ bars, fold, agent, rules, checkpoints, onProgress, signal }: LearnInput): Promise<LearntAgent> {
  const { steps, window_bars, hidden, learning_rate, discount, seed } = agent
  const { policy, bestSteps } = await trainAgent({
    bars, train: fold.train, validation: fold.validation, rules, seed, checkpoints, signal,
    training: { steps, windowBars: window_bars, hidden, learningRate: learning_rate, discount, reportEvery: Math.max(1, Math.floor(steps / reports)) },
    onProgress: ({ steps: done, totalSteps, loss, epsilon, meanReward, meanReturn, score, seconds, etaSeconds }) => onProgress({
      steps: done, totalSteps, loss: loss ?? 0, seconds, etaSeconds,
      metrics: finite({ steps: done, epsilon, mean_reward: meanReward, mean_return: meanReturn, validation_log_return: score }),
    }),
  })
  const own = Object.entries(encodeAgent(policy)).map(([name, content]) => ({ name, content: content as Uint8Array }))
  return { plan: policyPlan(policy), hash: hashOfAgent(policy), files: [...own, { name: 'model.onnx', content: exportAgentToOnnx(policy, { symbol: bars.symbol }) }], bestSteps }
}

const finite = (values: Record<string, number | undefined>) =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined && Number.isFinite(entry[1])))
