import { AgentParameters, GraphParameters, Pipeline, TrainingParameters } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { agentFields, emptyPipeline, graphFields, toPipeline, trainingFields, usualKinds, type PipelineValues } from '../web/src/pages/workflows/pipeline-values.ts'

/** The web part has no schemas: what its form says about defaults and bounds is compared here. */
describe("the form's pipeline", () => {
  const usual = (fields: typeof trainingFields) => Object.fromEntries(fields.map((f) => [f.field, f.usual]))
  it('shows the defaults of the contracts', () => {
    expect(TrainingParameters.parse({})).toMatchObject(usual(trainingFields))
    expect(AgentParameters.parse({})).toMatchObject(usual(agentFields))
    expect(GraphParameters.parse({})).toMatchObject({ ...usual(graphFields), kinds: [...usualKinds] })
  })
  it('allows only what the contracts allow', () => {
    const texts = (fields: typeof trainingFields, which: 'minimum' | 'maximum') => Object.fromEntries(fields.map((f) => [f.field, String(f[which] || (f.field === 'learning_rate' ? 1e-6 : 0))]))
    for (const which of ['minimum', 'maximum'] as const) {
      const values: PipelineValues = { ...emptyPipeline, type: 'train_gnn', training: texts(trainingFields, which), graph: texts(graphFields, which), kinds: ['co_mention'] }
      expect(Pipeline.safeParse(toPipeline(values)).error).toBeUndefined()
      expect(Pipeline.safeParse(toPipeline({ ...emptyPipeline, type: 'trade_agent', agent: texts(agentFields, which) })).error).toBeUndefined()
    }
  })
})
