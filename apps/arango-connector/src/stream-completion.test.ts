import type { StreamMarker } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addMarkers, isComplete, markerKey, markerKeyRange, missingMarkers, startCompletion, streamTotals } from './stream-completion.ts'

const marker = (shard: number, partition: number, rest: Partial<StreamMarker> = {}): StreamMarker => ({
  kind: 'end_of_stream', queue_id: 'queue-1', attempt: 1, shard, shards: 2, partition, records: 10, ...rest,
})

describe('the completion of a stream', () => {
  it('needs the marker of every shard in every partition, in whatever order they come', () => {
    const all = [0, 1, 2].flatMap((shard) => [0, 1].map((partition) => marker(shard, partition)))
    fc.assert(fc.property(fc.shuffledSubarray(all, { minLength: 0 }), (seen) => {
      const completion = addMarkers(startCompletion(3, 2), seen)
      expect(missingMarkers(completion)).toHaveLength(all.length - seen.length)
      expect(isComplete(completion)).toBe(seen.length === all.length)
    }))
  })

  it('counts a marker once, and that of the latest attempt', () => {
    const completion = addMarkers(startCompletion(1, 1), [marker(0, 0, { attempt: 2, records: 7 }), marker(0, 0, { records: 10 })])
    expect(streamTotals(completion)).toEqual({ records: 7, firstTradeId: undefined, lastTradeId: undefined })
  })

  it('takes the outermost trade ids, and leaves empty shards out', () => {
    const completion = addMarkers(startCompletion(3, 1), [
      marker(0, 0, { records: 0 }), marker(1, 0, { first_trade_id: 5, last_trade_id: 9 }), marker(2, 0, { first_trade_id: 10, last_trade_id: 12 }),
    ])
    expect(streamTotals(completion)).toEqual({ records: 20, firstTradeId: 5, lastTradeId: 12 })
  })

  it('finds its own markers by key, and not those of a queue whose id begins the same', () => {
    const { from, to } = markerKeyRange('queue-1')
    const inRange = (key: string) => key >= from && key < to
    expect(inRange(markerKey(marker(3, 2)))).toBe(true)
    expect(inRange(markerKey(marker(3, 2, { queue_id: 'queue-12' })))).toBe(false)
  })
})
