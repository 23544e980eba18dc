import type { Bus } from '@streamforge/bus'
import type { DataMessage } from '@streamforge/contracts'

/** What lies on a data topic. */
export interface TopicCount {
  /** Messages by kind. */
  readonly kinds: Readonly<Record<string, number>>
  /** Trades or diffs whose id does not follow the one before: a hole, or a double. */
  readonly breaks: number
  readonly refilled: number
  /** Milliseconds from the venue's event to the receipt of its frame, trades only: how often, by millisecond up to {@link longest}. */
  readonly onTheWay: readonly number[]
}

const longest = 10_000

/** Reads a topic from its start to what is its end now, on its one partition, message by message. */
export async function countTopic(bus: Bus, topic: string): Promise<TopicCount> {
  const kinds: Record<string, number> = {}
  const onTheWay = new Array<number>(longest + 1).fill(0)
  let [breaks, refilled, messages] = [0, 0, 0]
  let lastId: number | undefined
  const follow = (first: number, last: number) => {
    if (lastId !== undefined && first !== lastId + 1) breaks++
    lastId = last
  }
  const take = (message: DataMessage) => {
    kinds[message.kind] = (kinds[message.kind] ?? 0) + 1
    if (message.kind === 'book_diff') follow(message.first_update_id, message.final_update_id)
    if (message.kind !== 'trade') return
    follow(message.trade_id, message.trade_id)
    if (message.backfilled) refilled++
    else onTheWay[Math.max(0, Math.min(longest, message.known_time - message.event_time))]!++
  }
  const expected = (await bus.admin.describeTopic(topic)).partitions.reduce((sum, { earliest, latest }) => sum + Number(latest - earliest), 0)
  if (expected > 0) {
    const all = Promise.withResolvers<void>()
    const tail = await bus.tail({ topics: [topic], from: 'earliest' }, async (batch) => {
      for (const { value } of batch.messages) take(JSON.parse(value.toString()) as DataMessage)
      if ((messages += batch.messages.length) >= expected) all.resolve()
    })
    await Promise.race([all.promise, tail.done])
    await tail.close()
  }
  return { kinds, breaks, refilled, onTheWay }
}
