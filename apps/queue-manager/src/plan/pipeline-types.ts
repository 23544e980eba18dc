import { pipelineTypes, type Pipeline, type StageName, type WorkflowTypes } from '@streamforge/contracts'

interface Outline {
  description: string
  stages: readonly StageName[]
  available: boolean
}

/** What each pipeline does, in order. */
export const pipelineOutlines: Readonly<Record<Pipeline['type'], Outline>> = {
  features: { description: 'Features of every bar, in event time', stages: ['features'], available: true },
  train_gnn: {
    description: 'Features, the graph of assets, a graph neural network trained on them and registered, and forecasts',
    stages: ['features', 'graph', 'train_gnn', 'forecast'], available: true,
  },
  trade_agent: {
    description: 'Features, an agent for each symbol that learns to trade on them, and backtests of it beside other strategies',
    stages: ['features', 'train_agent'], available: true,
  },
}

export const pipelineList = (): WorkflowTypes['pipelines'] =>
  pipelineTypes.map((type) => ({ type, ...pipelineOutlines[type], stages: [...pipelineOutlines[type].stages] }))
