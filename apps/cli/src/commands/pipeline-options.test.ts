import { Pipeline } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { pipelineFromOptions } from './pipeline-options.ts'

describe('a pipeline on the command line', () => {
  it('is what a request would say', () => {
    const pipeline = pipelineFromOptions({
      pipeline: 'train_gnn', featureInterval: '5m', model: 'gnn-mine', set: ['training.epochs=5', 'training.encoder=gru', 'training.parts=[0.6,0.2,0.2]', 'graph.kinds=["sector"]', 'graph.nearest=4'],
    })
    expect(pipeline).toEqual({
      type: 'train_gnn', feature_interval: '5m', model: 'gnn-mine', training: { epochs: 5, encoder: 'gru', parts: [0.6, 0.2, 0.2] }, graph: { kinds: ['sector'], nearest: 4 },
    })
    expect(Pipeline.safeParse(pipeline).success).toBe(true)
  })

  it('is not asked for by default', () => expect(pipelineFromOptions({})).toBeUndefined())

  it.each([
    [{ model: 'x' }, 'belong to a --pipeline'], [{ set: ['training.epochs=5'] }, 'belong to a --pipeline'],
    [{ pipeline: 'train_gnn', set: ['epochs'] }, "--set is 'epochs'"], [{ pipeline: 'train_gnn', set: ['type.x=1'] }, 'type is a value'],
    [{ pipeline: 'train_gnn', set: ['__proto__.polluted=1'] }, 'undefined'],
  ])('is refused where it makes no sense: %j', (options, message) => {
    if (message === 'undefined') {
      pipelineFromOptions(options)
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    } else expect(() => pipelineFromOptions(options)).toThrow(message)
  })
})
