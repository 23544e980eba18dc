import type { Bus } from '@streamforge/bus'
import { type DataMessage, recordKey } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { type Dataset, isKept } from './dataset.ts'

const collection = 'live_spans'
const pageSize = 1000n

/** Keys of the first and the last record that a live queue has brought itself: others may keep theirs in the same collection. */
export interface OwnSpan {
  first: string
  last: string
}

export interface OwnRecords {
  /** Undefined until there is a record. */
  span(): OwnSpan | undefined
  /** To be called before the messages are stored: a first record is written down before it is there. */
  bring(messages: readonly DataMessage[]): Promise<void>
  /** Writes down how far it goes. */
  save(): Promise<void>
}

interface OpenOptions {
  bus: Pick<Bus, 'admin'>
  store: Store
  dataset: Dataset
  topic: string
  group: string
}

/** Goes on with what the attempt before knew. What it brought after its last save is found on the topic, before the committed offset. */
export async function openOwnRecords(options: OpenOptions): Promise<OwnRecords> {
  const { store, dataset } = options
  await store.ensureCollection(collection)
  const saved = await store.get<OwnSpan & StoredDocument>(collection, dataset.queueId)
  let span: OwnSpan | undefined = saved && { first: saved.first, last: saved.last }
  if (span) span = widen(span, await newestOnTopic(options))
  const write = async (known: OwnSpan) => void await store.writeBatch(collection, [{ _key: dataset.queueId, queue_id: dataset.queueId, ...known }])
  return {
    span: () => span,
    async bring(messages) {
      let wider = span
      for (const message of messages) wider = widen(wider, continuing(message))
      if (wider && wider.first !== span?.first) await write(wider)
      span = wider
    },
    save: async () => { if (span) await write(span) },
  }
}

function widen(span: OwnSpan | undefined, key: string | undefined): OwnSpan | undefined {
  if (key === undefined) return span
  if (!span) return { first: key, last: key }
  if (key > span.last) return { first: span.first, last: key }
  return key < span.first ? { first: key, last: span.last } : span
}

/** The key of a record that must follow another; snapshots and the like need not. */
function continuing(message: DataMessage): string | undefined {
  return message.kind === 'trade' || message.kind === 'candle' || message.kind === 'book_diff' ? recordKey(message) : undefined
}

/** The live loader writes to the first partition only, in order. */
async function newestOnTopic({ bus, dataset, topic, group }: OpenOptions): Promise<string | undefined> {
  const { partitions } = await bus.admin.describeTopic(topic)
  const committed = (await bus.admin.lag(group, topic)).find(({ partition }) => partition === 0)?.committed ?? 0n
  for (let end = committed; end > partitions[0]!.earliest;) {
    const offset = end - pageSize > partitions[0]!.earliest ? end - pageSize : partitions[0]!.earliest
    const page = await bus.admin.peek(topic, { partition: 0, offset, limit: Number(end - offset) })
    for (const { value } of page.toReversed()) {
      const key = keyOf(value, dataset)
      if (key !== undefined) return key
    }
    end = offset
  }
  return undefined
}

function keyOf(value: Buffer, dataset: Dataset): string | undefined {
  try {
    const message = JSON.parse(value.toString()) as DataMessage
    return isKept(dataset, message) ? continuing(message) : undefined
  } catch {
    // A dead letter by now.
    return undefined
  }
}
