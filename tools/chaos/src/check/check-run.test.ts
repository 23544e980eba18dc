import { describe, expect, it } from 'vitest'
import { checkCommits, checkDeadLetters, checkEndStates } from './check-run.ts'

describe('what was seen of a run', () => {
  const look = { queueId: 'queue', partition: 0, committed: 10n, latest: 12n, missing: [] }

  it('shows offsets that ran ahead of their effects, or of the topic', () => {
    expect(checkCommits([look])).toEqual([])
    expect(checkCommits([look, { ...look, missing: ['X_1', 'X_2'] }])).toMatchObject([{ kind: 'offset ahead', detail: expect.stringMatching(/2 records .* X_1/) as string }])
    expect(checkCommits([{ ...look, committed: 13n }])).toMatchObject([{ kind: 'offset ahead' }])
  })

  const poison = { topic: 'queue-data', partition: 0, offset: 5n, groups: ['connector'] }
  const letter = { topic: 'queue-data', partition: 0, offset: 5n, group: 'connector' }

  it('wants all poison refused by everybody who reads it, once or more, and nothing else', () => {
    expect(checkDeadLetters([poison, { ...poison, offset: 9n, groups: [] }], [letter, letter])).toEqual([])
    expect(checkDeadLetters([poison], [])).toMatchObject([{ kind: 'dead letter', detail: expect.stringMatching(/did not refuse/) as string }])
    expect(checkDeadLetters([poison], [letter, { ...letter, offset: 6n }])).toMatchObject([{ kind: 'dead letter', detail: expect.stringMatching(/sound message at 0\/6/) as string }])
    expect(checkDeadLetters([{ ...poison, groups: ['connector', 'other'] }], [letter])).toMatchObject([{ detail: expect.stringMatching(/^other/) as string }])
  })

  it('shows a workflow that ended otherwise', () => {
    const state = { workflowId: 'wf', expected: 'finished', actual: 'finished', reason: undefined }
    expect(checkEndStates([state])).toEqual([])
    expect(checkEndStates([state, { ...state, actual: 'failed', reason: 'why' }])).toEqual([{ kind: 'end state', where: 'wf', detail: 'failed (why), and should be finished' }])
  })
})
