import { expect, it } from 'vitest'
import { mergeCheckpoints } from './apply-event.ts'

const at = (shard: number, position: number, done = false) => ({ shard, position, records: position, done })

it('keeps, shard by shard, what is further', () => {
  expect(mergeCheckpoints([at(0, 5), at(1, 9)], [at(1, 7), at(0, 6), at(2, 1)])).toEqual({ merged: [at(0, 6), at(1, 9), at(2, 1)], grew: true })
})

it('sees no progress in what it knows', () => {
  expect(mergeCheckpoints([at(0, 5)], [at(0, 5)])).toEqual({ merged: [at(0, 5)], grew: false })
})

it('takes a shard that is done as done for good', () => {
  expect(mergeCheckpoints([at(0, 5, true)], [at(0, 6)])).toEqual({ merged: [at(0, 5, true)], grew: false })
  expect(mergeCheckpoints([at(0, 5)], [at(0, 5, true)])).toEqual({ merged: [at(0, 5, true)], grew: true })
})
