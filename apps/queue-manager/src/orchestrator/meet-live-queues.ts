import { dataTypeOf, Trade, tradeKeyRange, type StoredQueue } from '@streamforge/contracts'
import { planShards } from '@streamforge/market'
import type { Store } from '@streamforge/store'
import { seamEnd } from '../queue/seam-end.ts'
import { isWaitingForLive } from '../queue/queue-input.ts'
import type { OrchestratorParts } from './orchestrator-parts.ts'

const settleMs = 2_000

/**
 * Looks for histories that wait to hear where live began, and gives them their end. The answer is stored with the queue: whoever dies in
 * between, the next look comes to an answer that is as good.
 */
export async function meetLiveQueues({ options, live, change, admit }: OrchestratorParts, now: number): Promise<void> {
  for (const { workflow, queues } of live.all()) {
    for (const queue of queues.values()) {
      if (!isWaitingForLive(queue) || queue.status !== 'pending') continue
      const other = queues.get(queue.ends_at_queue ?? '')
      const to = seamEnd({ live: other, firstTime: await firstLiveTime(options.store, other), now, settleMs: options.seamSettleMs ?? settleMs })
      if (to === undefined) continue
      if (to === 'never') {
        await change(queue.queue_id, [{ kind: 'stop', reason: 'live ended before its first trade: there is nothing to lead up to' }])
        continue
      }
      const { shards } = workflow.request.options
      const range = { from: queue.from, to: Math.max(to, queue.from + 1) }
      options.log.info({ queue_id: queue.queue_id, live_queue_id: other?.queue_id, to }, 'live has begun: history is loaded up to there')
      await change(queue.queue_id, [{ kind: 'meet', to, shards: planShards(range, dataTypeOf(queue.type), shards === undefined ? {} : { shards }) }])
      admit()
    }
  }
}

/** When the first live trade happened: asked of the store, so that it is there from the live side before it comes from the other. */
async function firstLiveTime(store: Store, live: StoredQueue | undefined): Promise<number | undefined> {
  const first = live?.jobs.find((j) => j.target === 'loader-producer')?.checkpoint[0]?.first_trade_id
  if (!live || first === undefined) return undefined
  for await (const [document] of store.scan(live.collection_name, tradeKeyRange(live.symbol, first), { batchSize: 1 })) {
    return Trade.shape.event_time.parse(document?.event_time)
  }
  return undefined
}
