import type { Queue } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { resultLines, trainingLines } from './progress.ts'

const queue = (more: Partial<Queue>) => ({ type: 'train_gnn_5m', status: 'running', jobs: [{ message: '2 s to go' }], ...more }) as Queue

describe('the lines below a workflow', () => {
  it('tell how a training stands, while it runs', () => {
    const metrics = { epoch: 3, loss: 0.512345, rank_ic: -0.01 }
    expect(trainingLines([queue({ metrics }), queue({}), queue({ metrics, status: 'finished' })])).toEqual(['  train_gnn_5m: epoch 3, loss 0.5123, rank_ic -0.01; 2 s to go'])
  })

  it('tell what each stage came to', () => {
    const result = { hash: `sha256:${'a'.repeat(64)}`, summary: '12 relations' }
    expect(resultLines([queue({ type: 'graph_5m', result }), queue({})])).toEqual(['  graph_5m: 12 relations'])
  })
})
