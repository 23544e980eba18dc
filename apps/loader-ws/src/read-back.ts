import { DataMessage, nextOpenTime, recordKey, type Assignment, type BookDiff, type BookRecord, type Checkpoint } from '@streamforge/contracts'
import type { Bus } from '@streamforge/bus'

const PAGE = 1_000
/** Of the messages of a book's topic most are best bids and offers: the newest diff lies within so many. */
const DIFF_WITHIN = 20_000

/**
 * Where to go on. Without a checkpoint the topic itself is read: an attempt that died before its first report left records there, and what
 * followed them must not become a hole. Of an order book the records behind the checkpoint are counted.
 */
export async function startingCheckpoint(bus: Pick<Bus, 'admin'>, assignment: Assignment): Promise<Checkpoint> {
  if (assignment.type === 'ws_orderbook') return bookCheckpoint(bus, assignment)
  if (assignment.checkpoint.length > 0) return assignment.checkpoint
  let first: number | undefined
  let position = 0
  let records = 0
  for await (const message of readTopic(bus, assignment.kafka_topic)) {
    const places = placesOf(message)
    if (!places || places.place < position) continue
    first ??= places.place
    position = places.after
    records++
  }
  if (first === undefined) return []
  return [{ shard: 0, position, records, done: false, first_trade_id: first }]
}

/** Books cannot be asked for again: what a dead attempt has left on the topic after its last report is there for good, under keys of its own. */
async function bookCheckpoint(bus: Pick<Bus, 'admin'>, { checkpoint, kafka_topic: topic }: Assignment): Promise<Checkpoint> {
  const saved = checkpoint.find(({ shard }) => shard === 0) ?? { shard: 0, position: 0, records: 0, done: false }
  const { latest } = (await bus.admin.describeTopic(topic)).partitions[0]!
  const keys = new Set<string>()
  for await (const message of readTopic(bus, topic, BigInt(saved.position))) if (message.kind.startsWith('book_')) keys.add(recordKey(message as BookRecord))
  const records = saved.records + keys.size
  return records === 0 ? [] : [{ ...saved, position: Math.max(saved.position, Number(latest)), records }]
}

/** The newest diff that attempts before have left on an order book's topic; undefined where there is none near its end. */
export async function newestDiff({ admin }: Pick<Bus, 'admin'>, topic: string): Promise<BookDiff | undefined> {
  const { earliest, latest } = (await admin.describeTopic(topic)).partitions[0]!
  for (let end = latest; end > earliest && latest - end < DIFF_WITHIN;) {
    const offset = end - BigInt(PAGE) > earliest ? end - BigInt(PAGE) : earliest
    const messages = await admin.peek(topic, { partition: 0, offset, limit: Number(end - offset) })
    for (const { value } of messages.toReversed()) {
      const message = readMessage(value)
      if (message?.kind === 'book_diff') return message
    }
    end = offset
  }
  return undefined
}

async function* readTopic({ admin }: Pick<Bus, 'admin'>, topic: string, from = 0n): AsyncGenerator<DataMessage> {
  const { partitions } = await admin.describeTopic(topic)
  const { earliest, latest } = partitions[0]!
  for (let offset = from > earliest ? from : earliest; offset < latest;) {
    const messages = await admin.peek(topic, { partition: 0, offset, limit: PAGE })
    if (messages.length === 0) return
    for (const { value } of messages) {
      const message = readMessage(value)
      if (message) yield message
    }
    offset = messages.at(-1)!.offset + 1n
  }
}

function placesOf(message: DataMessage): { place: number; after: number } | undefined {
  if (message.kind === 'trade') return { place: message.trade_id, after: message.trade_id + 1 }
  if (message.kind === 'candle') return { place: message.open_time, after: nextOpenTime(message.open_time, message.interval) }
  return undefined
}

/** What does not fit is the connector's to refuse; here it is passed over. */
function readMessage(value: Buffer): DataMessage | undefined {
  try {
    return DataMessage.safeParse(JSON.parse(value.toString())).data
  } catch {
    return undefined
  }
}
